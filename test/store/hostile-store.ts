/** Somebody who can write the database: an assistant with two people and some turns, and a hand on its tables. */
import { expect } from "vitest";
import type { Person, Row, SqlValue } from "../../runtime/ports.ts";
import { readEvents } from "../support/events.ts";
import { createTestApp } from "../support/test-app.ts";
import type { TestApp } from "../support/test-app.ts";

export interface Somebody {
  readonly person: Person;
  /** Headers of a browser that they are signed in with. */
  readonly browser: Record<string, string>;
  /** Conversations with two turns each: "<name> one, first", "<name> one, second"; and the same of two. */
  readonly one: string;
  readonly two: string;
}

export interface HostileStore extends TestApp {
  readonly ada: Somebody;
  readonly bob: Somebody;
  /** Changes the database behind the assistant's back. */
  change(sql: string, ...params: SqlValue[]): Promise<void>;
  rows(sql: string, ...params: SqlValue[]): Promise<Row[]>;
  send(who: Somebody, conversation: string, text: string): Promise<Response>;
}

export async function hostileStore(): Promise<HostileStore> {
  const test = await createTestApp();
  const { store, addPerson, signIn, post } = test;

  async function converse(browser: Record<string, string>, about: string): Promise<string> {
    const events = await readEvents(await post("/api/messages", { update: `${about} 1`.replaceAll(" ", "-"), text: `${about}, first` }, browser));
    const conversation = String(events[0]?.data["conversation"]);
    await readEvents(await post("/api/messages", { update: `${about} 2`.replaceAll(" ", "-"), conversation, text: `${about}, second` }, browser));
    test.clock.advance(1_000);
    return conversation;
  }

  async function somebody(name: string, role: Person["role"]): Promise<Somebody> {
    const person = await addPerson(name, role);
    const browser = await signIn(person);
    return { person, browser, one: await converse(browser, `${name} one`), two: await converse(browser, `${name} two`) };
  }

  return {
    ...test,
    ada: await somebody("Ada", "owner"),
    bob: await somebody("Bob", "member"),
    async change(sql, ...params) {
      const [changed] = await store.write([{ sql, params }]);
      expect(changed, `rows changed by ${sql}`).toBeGreaterThan(0);
    },
    async rows(sql, ...params) {
      return (await store.read([{ sql, params }]))[0] ?? [];
    },
    send: ({ browser }, conversation, text) => post("/api/messages", { update: crypto.randomUUID(), conversation, text }, browser),
  };
}

/** The reply is this refusal, as a problem document and nothing else: nothing that anybody wrote is in it. */
export async function expectRefused(response: Response | Promise<Response>, reason: string, status = 500): Promise<void> {
  const reply = await response;
  const text = await reply.text();
  expect({ status: reply.status, type: reply.headers.get("content-type"), reason: (JSON.parse(text) as { reason?: unknown }).reason }).toEqual({ status, type: "application/problem+json", reason });
  expect(text).not.toMatch(/Ada|Bob|, first|, second|You said/);
}

