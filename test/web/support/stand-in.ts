import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PageManifest } from "../../../scripts/build-page.ts";
import type { Me, ModelPlace, Problem, Turn } from "../../../runtime/web/contract.ts";

/** An answer that the test writes by hand, so that nothing depends on time. */
export interface HeldAnswer {
  write(text: string): void;
  end(state?: Turn["state"], problem?: Problem): void;
}

/** A server in memory that speaks docs/http-api.md, for the tests of the page alone. */
export interface StandIn {
  readonly url: string;
  /** A new one-time link. */
  link(): string;
  /** The next answers, one for each turn; without any, the message comes back. */
  answer(text: string): void;
  hold(): HeldAnswer;
  /** The next message is refused. */
  refuse(status: number, problem: Problem): void;
  /** Closes every stream, as a network does. */
  cut(): void;
  /** While away, connections are closed before they are answered. */
  away(away: boolean): void;
  endSessions(): void;
  /** A conversation of earlier; its turns end a minute apart. */
  remember(title: string, turns: readonly Partial<Turn>[], at?: string): string;
  me: Me;
  /** "METHOD /path" of every request, in order. */
  readonly seen: string[];
  readonly messages: { update: string; text?: string; retry?: string }[];
  close(): Promise<void>;
}

interface StoredTurn {
  turn: Turn;
  conversation: string;
  watchers: Set<() => void>;
}

interface StoredConversation {
  id: string;
  title: string;
  createdAt: string;
  updatedAt: string;
  turns: StoredTurn[];
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

export async function startStandIn(pageDir: string): Promise<StandIn> {
  const { files } = JSON.parse(await readFile(join(pageDir, "manifest.json"), "utf8")) as PageManifest;
  const page = new Map(await Promise.all(files.map(async (file) => [file.path, { ...file, body: await readFile(join(pageDir, file.name)) }] as const)));
  const links = new Set<string>();
  let sessions = new Map<string, { id: string; device: string; createdAt: string }>();
  const conversations = new Map<string, StoredConversation>();
  const turns = new Map<string, StoredTurn>();
  const updates = new Map<string, StoredTurn>();
  const answers: ((turn: StoredTurn) => void)[] = [];
  const refusals: { status: number; problem: Problem }[] = [];
  const streams = new Set<ServerResponse>();
  const seen: string[] = [];
  const messages: StandIn["messages"] = [];
  let gone = false;

  const model: ModelPlace = { provider: "openai-compatible", name: "qwen3-32b", host: "api.example.eu", region: "eu" };
  const standIn: StandIn = {
    url: "",
    link() {
      const token = randomUUID();
      links.add(token);
      return `${standIn.url}/#link=${token}`;
    },
    answer: (text) => void answers.push((turn) => (change(turn, { answer: text }), finish(turn, "complete"))),
    hold() {
      let target: StoredTurn | undefined;
      const early: ((turn: StoredTurn) => void)[] = [];
      const act = (step: (turn: StoredTurn) => void) => (target === undefined ? void early.push(step) : step(target));
      answers.push((turn) => {
        target = turn;
        for (const step of early) step(turn);
      });
      return {
        write: (text) => act((turn) => turn.turn.state === "running" && change(turn, { answer: (turn.turn.answer ?? "") + text })),
        end: (state = "complete", problem) => act((turn) => finish(turn, state, problem)),
      };
    },
    refuse: (status, problem) => void refusals.push({ status, problem }),
    cut() {
      for (const open of streams) open.destroy();
    },
    away(away) {
      gone = away;
      if (away) standIn.cut();
    },
    endSessions: () => sessions.clear(),
    remember(title, given, at = new Date().toISOString()) {
      const conversation: StoredConversation = { id: randomUUID(), title, createdAt: at, updatedAt: at, turns: [] };
      conversations.set(conversation.id, conversation);
      for (const part of given) store(conversation, { id: randomUUID(), at, ask: "", state: "complete", model, usage: { inputTokens: 412, outputTokens: 238 }, ...part });
      return conversation.id;
    },
    me: {
      person: { id: "p1", name: "Ada Lindqvist", role: "owner" },
      model,
      data: { place: "this machine", path: "/home/ada/.local/share/holdfast" },
      limits: { tokensPerDay: 200_000, requestsPerMinute: 20, messageBytes: 262_144 },
      usage: { day: "2026-11-22", requests: 14, inputTokens: 31_410, outputTokens: 12_200 },
      session: { idleMinutes: 60, expiresAt: new Date(Date.now() + 12 * 3_600_000).toISOString() },
      version: "0.1.0",
    },
    seen,
    messages,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };

  function store(conversation: StoredConversation, turn: Turn): StoredTurn {
    const stored: StoredTurn = { turn, conversation: conversation.id, watchers: new Set() };
    conversation.turns.push(stored);
    turns.set(turn.id, stored);
    return stored;
  }

  function change(stored: StoredTurn, part: Partial<Turn>): void {
    stored.turn = { ...stored.turn, ...part };
    for (const watcher of stored.watchers) watcher();
  }

  function finish(stored: StoredTurn, state: Turn["state"], problem?: Problem): void {
    if (stored.turn.state === "running") change(stored, { state, usage: { inputTokens: 412, outputTokens: 238 }, ...(problem && { problem }) });
  }

  function stream(response: ServerResponse, stored: StoredTurn, after: number): void {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    streams.add(response);
    const event = (lines: string) => response.write(`${lines}\n\n`);
    event(`event: turn\ndata: ${JSON.stringify({ id: stored.turn.id, conversation: stored.conversation, title: conversations.get(stored.conversation)?.title, model })}`);
    let offset = after;
    const watcher = () => {
      const { answer = "", state, problem = null, usage } = stored.turn;
      if (answer.length > offset) event(`id: ${answer.length}\nevent: text\ndata: ${JSON.stringify({ text: answer.slice(offset) })}`);
      offset = answer.length;
      if (state === "running") return;
      event(`event: end\ndata: ${JSON.stringify({ state, problem, usage })}`);
      response.end();
    };
    stored.watchers.add(watcher);
    response.on("close", () => (stored.watchers.delete(watcher), streams.delete(response)));
    watcher();
  }

  function receive(response: ServerResponse, body: { update: string; text?: string; conversation?: string; retry?: string }): void {
    messages.push(body);
    const before = updates.get(body.update);
    if (before !== undefined) return stream(response, before, 0);
    const refusal = refusals.shift();
    if (refusal !== undefined) return refuse(response, refusal.status, refusal.problem);
    const retried = body.retry === undefined ? undefined : turns.get(body.retry);
    const ask = retried?.turn.ask ?? body.text ?? "";
    const at = new Date().toISOString();
    const conversation = conversations.get(body.conversation ?? "") ?? { id: randomUUID(), title: ask.slice(0, 60), createdAt: at, updatedAt: at, turns: [] };
    conversations.set(conversation.id, conversation);
    const stored = store(conversation, { id: randomUUID(), at, ask, state: "running", model, ...(body.retry !== undefined && { retryOf: body.retry }) });
    updates.set(body.update, stored);
    stream(response, stored, 0);
    if (answers.length === 0) standIn.answer(`You wrote: ${ask}`);
    answers.shift()?.(stored);
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", standIn.url);
    const method = request.method ?? "GET";
    const call = `${method} ${url.pathname}`;
    seen.push(call);
    const file = page.get(url.pathname);
    if (file !== undefined) return void response.writeHead(200, { "content-type": file.type, "content-security-policy": POLICY, "cache-control": "no-store" }).end(file.body);
    const body = method === "POST" ? await read(request) : undefined;
    if (call === "POST /api/session") return signIn(response, body as { link: string }, request.headers["user-agent"] ?? "");
    const cookie = /session=([^;]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
    if (!sessions.has(cookie)) return refuse(response, 401, { reason: "sign_in_needed", title: "sign in first", detail: "there is no session" });
    const [, , kind, id = "", part] = url.pathname.split("/");
    const turn = turns.get(id);
    if (call === "GET /api/me") return json(response, standIn.me);
    if (call === "GET /api/usage") return json(response, { days: usageDays(standIn.me), limits: standIn.me.limits });
    if (call === "GET /api/sessions") return json(response, { sessions: [...sessions].map(([key, session]) => ({ ...session, lastSeenAt: session.createdAt, expiresAt: standIn.me.session.expiresAt, current: key === cookie })) });
    if (call === "DELETE /api/session") return sessions.delete(cookie), done(response);
    if (kind === "sessions") return (sessions = new Map([...sessions].filter(([, session]) => session.id !== id))), done(response);
    if (call === "POST /api/messages") return receive(response, body as { update: string });
    if (kind === "conversations") return id === "" ? listed(response, url) : opened(response, id, url);
    if (kind !== "turns" || turn === undefined) return refuse(response, 404, { reason: "unknown_turn", title: "there is no such turn", detail: "it does not exist" });
    if (part === "events") return stream(response, turn, Number(url.searchParams.get("after") ?? 0));
    if (part === "stop") return finish(turn, "stopped"), done(response);
    json(response, sentFor(turn));
  }

  function signIn(response: ServerResponse, { link }: { link: string }, device: string): void {
    if (!links.delete(link)) return refuse(response, 401, { reason: "link_invalid", title: "this link does not work", detail: "it is unknown, was used already, or is older than ten minutes", fix: "npm run admin -- link prints another" });
    const key = randomUUID();
    sessions.set(key, { id: randomUUID(), device, createdAt: new Date().toISOString() });
    response.writeHead(204, { "set-cookie": `session=${key}; HttpOnly; SameSite=Strict; Path=/` }).end();
  }

  function listed(response: ServerResponse, url: URL): void {
    const all = [...conversations.values()].toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt));
    const start = Number(url.searchParams.get("before") ?? 0);
    const shown = all.slice(start, start + 50).map(({ id, title, createdAt, updatedAt }) => ({ id, title, createdAt, updatedAt }));
    json(response, { conversations: shown, ...(start + 50 < all.length && { next: String(start + 50) }) });
  }

  function opened(response: ServerResponse, id: string, url: URL): void {
    const conversation = conversations.get(id);
    if (conversation === undefined) return refuse(response, 404, { reason: "unknown_conversation", title: "there is no such conversation", detail: "it does not exist, or it is not yours" });
    const end = Number(url.searchParams.get("before") ?? conversation.turns.length);
    const start = Math.max(0, end - 50);
    const shown = conversation.turns.slice(start, end).map(({ turn }) => {
      const { answer, ...rest } = turn;
      return turn.state === "running" || answer === undefined ? rest : turn;
    });
    json(response, { id, title: conversation.title, turns: shown, ...(start > 0 && { next: String(start) }) });
  }

  function sentFor({ turn, conversation }: StoredTurn): unknown {
    const earlier = conversations.get(conversation)?.turns.filter((other) => other.turn.at <= turn.at && other.turn !== turn).slice(-3) ?? [];
    const context = earlier.flatMap(({ turn: { ask, answer = "" } }) => [{ role: "user", text: ask }, { role: "assistant", text: answer }]);
    const system = "You are a private assistant. Answer in the language of the message. Say when you are not sure.\nToday is Sunday, 22 November 2026.";
    return { turn: turn.id, at: turn.at, model, system, messages: [...context, { role: "user", text: turn.ask }], maxOutputTokens: 2048 };
  }

  const server = createServer((request, response) => {
    if (gone) return void request.socket.destroy();
    route(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  Object.assign(standIn, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  return standIn;
}

function usageDays(me: Me): unknown[] {
  return [me.usage, { day: "2026-11-21", requests: 22, inputTokens: 40_112, outputTokens: 18_954 }, { day: "2026-11-20", requests: 3, inputTokens: 2_204, outputTokens: 1_377 }];
}

async function read(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString());
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" }).end(JSON.stringify(value));
}

function done(response: ServerResponse): void {
  response.writeHead(204).end();
}

function refuse(response: ServerResponse, status: number, problem: Problem): void {
  response.writeHead(status, { "content-type": "application/problem+json" }).end(JSON.stringify({ type: `urn:holdfast:problem:${problem.reason}`, status, ...problem }));
}
