/** What must hold of the data after a crash, whatever was going on. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { emptyHead, verifyChain } from "../../../runtime/audit/chain.ts";
import type { AuditHead } from "../../../runtime/audit/chain.ts";
import type { TurnView } from "../../../runtime/chat/turn-views.ts";
import { openKeyRing, parseKeyRing } from "../../../runtime/crypto/key-ring.ts";
import { openNodeStore } from "../../../runtime/store/node-sqlite.ts";
import type { Asked, Asker } from "./asker.ts";

/**
 * Every message of a conversation that was acknowledged is there as it was sent, and its answer as it was heard.
 * Returns the turns; none when nobody heard of the conversation yet.
 */
export async function checkConversation(asker: Asker, asked: readonly Asked[]): Promise<readonly TurnView[]> {
  const id = asked.find(({ conversation }) => conversation !== undefined)?.conversation;
  if (id === undefined) return [];
  const { turns } = await asker.get<{ turns: TurnView[] }>(`/api/conversations/${id}`);
  const acknowledged = asked.filter(({ turn }) => turn !== undefined);
  for (const one of acknowledged) checkTurn(turns.find((turn) => turn.id === one.turn), one);
  // Nothing is there twice, and nothing that nobody sent. What was sent and never acknowledged may be there, once.
  const unheard = asked.filter(({ turn }) => turn === undefined).map(({ text }) => text);
  const others = turns.filter((turn) => !acknowledged.some((one) => one.turn === turn.id)).map(({ ask }) => ask);
  expect(unheard).toEqual(expect.arrayContaining(others));
  expect(new Set(others).size).toBe(others.length);
  return turns;
}

function checkTurn(turn: TurnView | undefined, { turn: id, text, retryOf, expected, seen, end, stopped }: Asked): void {
  const answer = turn?.answer ?? "";
  expect({ id: turn?.id, ask: turn?.ask, retryOf: turn?.retryOf }).toEqual({ id, ask: text, retryOf });
  switch (turn?.state) {
    case "complete":
      expect(answer).toBe(expected);
      break;
    case "stopped":
      expect({ stopped, answer }).toEqual({ stopped: true, answer: expected.slice(0, answer.length) });
      break;
    case "interrupted":
      expect({ reason: turn.problem?.reason, answer }).toEqual({ reason: "crashed", answer: "" });
      break;
    default:
      throw new Error(`turn ${id} is ${turn?.state}`);
  }
  // The end is told only after it is stored.
  if (end !== undefined) expect({ state: turn.state, answer }).toEqual({ state: end, answer: seen });
}

export interface StoreCheck {
  /** Checks the store of a server that has just begun to listen and was sent nothing yet. */
  check(): Promise<void>;
  /** Audit records so far. */
  readonly records: number;
}

/** The audit chain goes on from where it was at the last check: nothing that was recorded is gone or changed. */
export function createStoreCheck(data: string): StoreCheck {
  let head: AuditHead = emptyHead;
  return {
    get records() {
      return head.seq;
    },
    async check() {
      const ring = await openKeyRing(parseKeyRing(readFileSync(join(data, "keyring.json"), "utf8")));
      // Opened and closed again each time: an open connection would spare the next server the recovery of the write-ahead log.
      const store = openNodeStore(join(data, "store.sqlite"));
      try {
        const [faults, left, rows = []] = await store.read([
          { sql: "PRAGMA quick_check", params: [] },
          { sql: "SELECT (SELECT COUNT(*) FROM turns WHERE state = 'running') AS running, (SELECT COALESCE(SUM(reserved), 0) FROM usage_days) AS reserved", params: [] },
          { sql: "SELECT seq, record, hash, key_id AS keyId, signature FROM audit WHERE seq >= ? ORDER BY seq", params: [head.seq] },
        ]);
        expect({ faults, left }).toEqual({ faults: [{ quick_check: "ok" }], left: [{ running: 0, reserved: 0 }] });
        const records = rows.map(({ seq, record, hash, keyId, signature }) => ({ seq: Number(seq), record: String(record), hash: String(hash), keyId: String(keyId), signature: String(signature) }));
        const before = records[0];
        if (head.seq > 0) expect({ seq: before?.seq, hash: before?.hash }).toEqual(head);
        const verdict = await verifyChain(head, head.seq > 0 ? records.slice(1) : records, ring.verifying);
        if (!verdict.intact) throw new Error(`the audit log breaks at record ${verdict.seq}: ${verdict.fault}`);
        head = { seq: verdict.head.seq, hash: verdict.head.hash };
      } finally {
        store.close();
      }
    },
  };
}
