/** Browser sessions: a random cookie, stored hashed; they idle out, end after a fixed time, and can be ended from outside. */
import { hashSecret, newSecret } from "../crypto/bytes.ts";
import { IntegrityError } from "../crypto/envelope.ts";
import type { Binding } from "../crypto/envelope.ts";
import { createOpener, sealJson } from "../crypto/sealed-json.ts";
import type { Foundation } from "../foundation.ts";
import type { Row } from "../ports.ts";
import { Problem } from "../problems.ts";
import { ConstraintError } from "../store/errors.ts";
import { touch } from "../store/touch.ts";
import { linkInvalid } from "./links.ts";
import type { CheckedLink } from "./links.ts";
import type { AuditActor } from "./people.ts";

export interface SessionLimits {
  readonly idleMinutes: number;
  readonly absoluteHours: number;
}

export interface Session {
  readonly id: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  /** What the browser said it is. */
  readonly device: string;
}

export interface Sessions {
  /** Uses the link up. Returns the cookie's value. @throws {Problem} `link_invalid` when somebody was faster */
  create(link: CheckedLink, device: string): Promise<{ readonly token: string; readonly expiresAt: number }>;
  /** Whose session this is, or undefined when it is unknown, ended, idle or expired. */
  authenticate(token: string): Promise<{ readonly person: string; readonly session: Session } | undefined>;
  /** The open sessions of one person, newest first. */
  list(person: string): Promise<Session[]>;
  /** Whether this person ever had a session, ended or not. */
  hasSignedIn(person: string): Promise<boolean>;
  /** @throws {Problem} `unknown_session` when this person has no such open session */
  end(person: string, id: string, by: AuditActor): Promise<void>;
}

/** What is sealed of a session: nobody without the person's key can make one, prolong it, or give it to somebody else. */
interface SealedSession {
  readonly hash: string;
  readonly expiresAt: number;
  readonly device: string;
}

/** Being seen again is written down at most this often, and ten times in an idle limit that is short. */
const SEEN_EVERY_MILLISECONDS = 60_000;
const SELECT = "SELECT id, hash, person_id, created_at, last_seen_at, sealed FROM sessions";
const DEVICE_CHARACTERS = 200;

export function createSessions({ store, ledger, personKeys, clock }: Foundation, limits: SessionLimits): Sessions {
  const open = createOpener();
  const seenEvery = Math.min(SEEN_EVERY_MILLISECONDS, limits.idleMinutes * 6_000);
  /** A row is an open session when this holds; the two parameters come from `openNow`. */
  const IS_OPEN = "ended_at IS NULL AND expires_at > ? AND last_seen_at > ?";
  const openNow = () => [clock.now(), clock.now() - limits.idleMinutes * 60_000];

  async function toSession(person: string, row: Row): Promise<Session> {
    const id = String(row["id"]);
    const { hash, expiresAt, device } = await open<SealedSession>(await personKeys.get(person), binding(person, id), row["sealed"]);
    if (hash !== row["hash"]) throw new IntegrityError(`session ${id}: its row was changed`);
    return { id, createdAt: Number(row["created_at"]), lastSeenAt: Number(row["last_seen_at"]), expiresAt, device };
  }

  async function hasSignedIn(person: string): Promise<boolean> {
    const [rows = []] = await store.read([{ sql: "SELECT 1 FROM sessions WHERE person_id = ? LIMIT 1", params: [person] }]);
    return rows.length > 0;
  }

  return {
    async create(link, device) {
      if (link.firstOnly && (await hasSignedIn(link.person))) throw linkInvalid();
      const [id, token, now] = [crypto.randomUUID(), newSecret(), clock.now()];
      const expiresAt = now + limits.absoluteHours * 3_600_000;
      const hash = await hashSecret(token);
      const content: SealedSession = { hash, expiresAt, device: toDevice(device) };
      const sealed = await sealJson(await personKeys.get(link.person), binding(link.person, id), content);
      try {
        await ledger.commit(
          [
            {
              sql: "INSERT INTO sessions (id, hash, link_use, person_id, created_at, last_seen_at, expires_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
              params: [id, hash, link.use, link.person, now, now, expiresAt, sealed],
            },
          ],
          { who: link.person, surface: "web", action: "sign-in", outcome: "ok", target: id },
        );
      } catch (error) {
        if (error instanceof ConstraintError && error.constraint === "link_once") throw linkInvalid();
        throw error;
      }
      return { token, expiresAt };
    },

    async authenticate(token) {
      const [rows = []] = await store.read([{ sql: `${SELECT} WHERE hash = ? AND ${IS_OPEN}`, params: [await hashSecret(token), ...openNow()] }]);
      if (!rows[0]) return undefined;
      const person = String(rows[0]["person_id"]);
      const session = await toSession(person, rows[0]);
      if (session.expiresAt <= clock.now()) return undefined;
      if (clock.now() - session.lastSeenAt > seenEvery) {
        await touch(store, { sql: "UPDATE sessions SET last_seen_at = ? WHERE id = ?", params: [clock.now(), session.id] });
      }
      return { person, session };
    },

    async list(person) {
      const [rows = []] = await store.read([
        { sql: `${SELECT} WHERE person_id = ? AND ${IS_OPEN} ORDER BY created_at DESC`, params: [person, ...openNow()] },
      ]);
      return Promise.all(rows.map((row) => toSession(person, row)));
    },

    hasSignedIn,

    async end(person, id, by) {
      const [rows = []] = await store.read([{ sql: `SELECT id FROM sessions WHERE id = ? AND person_id = ? AND ${IS_OPEN}`, params: [id, person, ...openNow()] }]);
      if (rows.length === 0) throw new Problem("unknown_session", { detail: "it has ended, or is somebody else's" });
      await ledger.commit(
        [{ sql: "UPDATE sessions SET ended_at = ? WHERE id = ?", params: [clock.now(), id] }],
        { ...by, action: by.who === person ? "sign-out" : "session.ended", outcome: "ok", target: id },
      );
    },
  };
}

/** It is shown to people, an owner's terminal among them: what would steer that is left out. */
function toDevice(userAgent: string): string {
  return userAgent.replaceAll(/[\p{Cc}\p{Cf}]+/gu, " ").slice(0, DEVICE_CHARACTERS);
}

function binding(person: string, session: string): Binding {
  return { person, conversation: "", record: session, kind: "session", role: "", sequence: 0 };
}
