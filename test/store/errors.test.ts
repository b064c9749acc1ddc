import { describe, expect, it } from "vitest";
import { ConstraintError, StoreError, storeError } from "../../runtime/store/errors.ts";

describe("a database's error", () => {
  it.each([
    ["full", "database or disk is full"],
    ["full", "D1_ERROR: database or disk is full: SQLITE_FULL"],
    ["corrupt", "database disk image is malformed"],
    ["corrupt", "file is not a database"],
    ["away", "database is locked"],
    ["away", "unable to open database file"],
    ["away", "attempt to write a readonly database"],
    ["away", "D1_ERROR: Network connection lost."],
    ["away", "D1_ERROR: D1 DB is overloaded. Requests queued for too long."],
  ])("says that the store is %s: %s", (reason, message) => {
    const cause = new Error(message);
    const error = storeError(cause);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ reason, cause, message: `the store is ${reason}: ${message}` });
  });

  it.each([
    ["corrupt", 266],
    ["corrupt", 522],
    ["full", 778],
    ["full", 4874],
  ])("says that the store is %s when reading or writing failed with code %i", (reason, errcode) => {
    expect(storeError(Object.assign(new Error("disk I/O error"), { errcode }))).toMatchObject({ name: "StoreError", reason });
  });

  it.each([
    ["one_running_turn", "UNIQUE constraint failed: turns.conversation_id"],
    ["inbox_once", "D1_ERROR: UNIQUE constraint failed: inbox.channel, inbox.person_id, inbox.update_id: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)"],
    ["other", "cannot store TEXT value in INTEGER column people.created_at"],
  ])("names the constraint %s: %s", (constraint, message) => {
    const error = storeError(new Error(message));
    expect(error).toBeInstanceOf(ConstraintError);
    expect(error).toMatchObject({ constraint });
  });

  // A caller that waits until the store is back would wait for ever.
  it.each(['D1_ERROR: near "SELEC": syntax error at offset 0: SQLITE_ERROR', "D1_ERROR: string or blob too big: SQLITE_TOOBIG", "D1_TYPE_ERROR: Type 'undefined' not supported", "no such table: x"])(
    "comes back as it is when the statement is at fault: %s",
    (message) => {
      const error = new Error(message);
      expect(storeError(error)).toBe(error);
    },
  );

  it("leaves what is no error alone", () => {
    expect(storeError("full")).toBe("full");
  });
});
