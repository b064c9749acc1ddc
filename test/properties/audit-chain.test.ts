import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chain, emptyHead, verifyChain } from "../../runtime/audit/chain.ts";
import type { AuditEntry, AuditRow } from "../../runtime/audit/chain.ts";
import { createKeyRing, openKeyRing } from "../../runtime/crypto/key-ring.ts";

const [ring, strangers] = await Promise.all([1, 2].map(async () => openKeyRing(await createKeyRing(new Date(0)))));
if (!ring || !strangers) throw new Error("two key rings are needed");
const { signing, verifying } = ring;
const at = new Date("2026-11-22T12:00:00Z");

const entries: fc.Arbitrary<AuditEntry[]> = fc.array(
  fc.record({ who: fc.string(), surface: fc.constantFrom("web", "api"), action: fc.constantFrom("sign-in", "message.accepted"), outcome: fc.constantFrom("ok", "refused"), target: fc.string({ unit: "binary" }) }),
  { minLength: 2, maxLength: 8 },
);
/** A place in a chain of any length, chosen as a share of it. */
const share = fc.integer({ min: 0, max: 9_999 }).map((tenThousandths) => tenThousandths / 10_000);
const place = (rows: readonly unknown[], part: number) => Math.floor(part * rows.length);

function verify(rows: readonly AuditRow[]) {
  return verifyChain(emptyHead, rows, verifying);
}

/** Each way to change a chain, with the number of the first record that is then not as it was written. */
type Attack = (rows: readonly AuditRow[], one: number, two: number, letter: string) => { readonly rows: readonly AuditRow[]; readonly broken: number } | undefined;

function replaceLetter(text: string, part: number, letter: string): string {
  const index = place([...Array(text.length)], part);
  return text.slice(0, index) + letter + text.slice(index + 1);
}

function edit(field: "record" | "hash" | "keyId" | "signature"): Attack {
  return (rows, one, two, letter) => {
    const index = place(rows, one);
    const row = rows[index];
    const text = row && replaceLetter(row[field], two, letter);
    return row && text !== row[field] ? { rows: rows.with(index, { ...row, [field]: text ?? "" }), broken: index + 1 } : undefined;
  };
}

const attacks: Readonly<Record<string, Attack>> = {
  "edits a record": edit("record"),
  "edits a hash": edit("hash"),
  "edits the id of a signing key": edit("keyId"),
  "edits a signature": edit("signature"),
  "removes a record": (rows, one) => {
    const index = place(rows.slice(1), one);
    return { rows: rows.toSpliced(index, 1), broken: index + 1 };
  },
  "swaps two records": (rows, one, two) => {
    const [a, b] = [place(rows, one), place(rows, two)].toSorted((x, y) => x - y);
    const [first, second] = [rows[a ?? 0], rows[b ?? 0]];
    return first && second && a !== b ? { rows: rows.with(a ?? 0, second).with(b ?? 0, first), broken: (a ?? 0) + 1 } : undefined;
  },
  "swaps two records and their numbers": (rows, one, two) => {
    const [a, b] = [place(rows, one), place(rows, two)].toSorted((x, y) => x - y);
    const [first, second] = [rows[a ?? 0], rows[b ?? 0]];
    return first && second && a !== b ? { rows: rows.with(a ?? 0, { ...second, seq: first.seq }).with(b ?? 0, { ...first, seq: second.seq }), broken: (a ?? 0) + 1 } : undefined;
  },
  "inserts a copy": (rows, one, two) => {
    const [from, to] = [place(rows, one), place(rows, two)];
    const copy = rows[from];
    // Between a record and its copy nobody can tell which is which: the second is the one too many.
    return copy && { rows: rows.toSpliced(to, 0, copy), broken: (from === to ? to + 1 : to) + 1 };
  },
  "moves a record's number": (rows, one) => {
    const index = place(rows, one);
    const row = rows[index];
    return row && { rows: rows.with(index, { ...row, seq: row.seq + 1 }), broken: index + 1 };
  },
};

describe("an audit chain", () => {
  it("is intact as it was written, in one part or in several", async () => {
    await fc.assert(
      fc.asyncProperty(entries, share, async (all, part) => {
        const rows = await chain(emptyHead, all, at, signing);
        const last = rows.at(-1);
        const whole = { intact: true, head: { seq: all.length, hash: last?.hash } };
        expect(await verify(rows)).toEqual(whole);
        const middle = await verify(rows.slice(0, place(rows, part)));
        if (middle.intact) expect(await verifyChain(middle.head, rows.slice(place(rows, part)), verifying)).toEqual(whole);
        expect(middle.intact).toBe(true);
      }),
    );
  });

  it("goes on from where it was", async () => {
    await fc.assert(
      fc.asyncProperty(entries, entries, async (before, after) => {
        const rows = await chain(emptyHead, before, at, signing);
        const more = await chain(rows.at(-1) ?? emptyHead, after, at, signing);
        expect(await verify([...rows, ...more])).toMatchObject({ intact: true, head: { seq: before.length + after.length } });
      }),
    );
  });

  it.each(Object.entries(attacks))("names the first broken record when somebody %s", async (_what, attack) => {
    await fc.assert(
      fc.asyncProperty(entries, share, share, fc.constantFrom("0", "a", "B", "-", " ", "=", '"'), async (all, one, two, letter) => {
        const attacked = attack(await chain(emptyHead, all, at, signing), one, two, letter);
        fc.pre(attacked !== undefined);
        const verdict = await verify(attacked?.rows ?? []);
        expect(verdict).toMatchObject({ intact: false, seq: attacked?.broken });
      }),
    );
  });

  it("names the first record of a tail that somebody wrote anew with a key of their own", async () => {
    await fc.assert(
      fc.asyncProperty(entries, share, fc.boolean(), async (all, part, sameId) => {
        const rows = await chain(emptyHead, all, at, signing);
        const index = place(rows, part);
        const forger = { ...strangers.signing, ...(sameId ? { id: signing.id } : {}) };
        const forged = await chain(rows[index - 1] ?? emptyHead, all.slice(index), at, forger);
        expect(await verify([...rows.slice(0, index), ...forged])).toEqual({ intact: false, seq: index + 1, fault: sameId ? "its signature does not hold" : `it is signed with the unknown key "${forger.id}"` });
      }),
    );
  });

  it("names the first record of a tail that was written honestly after another beginning, such as before a restore", async () => {
    await fc.assert(
      fc.asyncProperty(entries, entries, share, async (all, others, part) => {
        const rows = await chain(emptyHead, all, at, signing);
        const index = place(rows.slice(1), part) + 1;
        const other = await chain(emptyHead, [...others, ...all].slice(0, all.length), new Date(0), signing);
        expect(await verify([...rows.slice(0, index), ...other.slice(index)])).toEqual({ intact: false, seq: index + 1, fault: "it does not follow the record before it" });
      }),
    );
  });

  it("shows a cut tail only by its head, which is then another one", async () => {
    await fc.assert(
      fc.asyncProperty(entries, share, async (all, part) => {
        const rows = await chain(emptyHead, all, at, signing);
        const cut = rows.slice(0, place(rows, part));
        expect(await verify(cut)).toEqual({ intact: true, head: { seq: cut.length, hash: cut.at(-1)?.hash ?? emptyHead.hash } });
      }),
    );
  });
});
