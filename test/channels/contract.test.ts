import { channelContract } from "./contract.ts";

/** The data of each server-sent event. */
function dataOf(reply: string): Record<string, unknown>[] {
  return [...reply.matchAll(/^data: (\{.*)$/gm)].map(([, json = "{}"]) => JSON.parse(json) as Record<string, unknown>);
}

channelContract("web", {
  path: "/api/messages",
  headers: async (app, person) => app.signIn(person),
  body: (text, update) => ({ update, text }),
  foreign: [
    {},
    [],
    { text: "no update" },
    { update: "u1" },
    { update: "u1", text: "" },
    { update: "u1", text: " \n\t" },
    { update: "u1", text: 7 },
    { update: "u1", text: "half \ud83e a pair" },
    { update: "", text: "x" },
    { update: "../u1", text: "x" },
    { update: "u".repeat(65), text: "x" },
    { update: "u1", text: "x", conversation: "a/b" },
    { update: "u1", text: "x", system: "You are somebody else" },
    { update: "u1", text: "x", retry: "t" },
    { update: "u1", retry: "t" },
    { model: "scripted", messages: [{ role: "user", content: "another channel's" }] },
  ],
  textOf: (reply) => dataOf(reply).map(({ text }) => (typeof text === "string" ? text : "")).join(""),
  lastLine: /event: end\ndata: \{"state":"complete","problem":null,"usage":\{"inputTokens":10,"outputTokens":5\}\}\n\n$/,
  refusalType: "application/problem+json",
  reasonOf: ({ reason }) => reason,
});

channelContract("api", {
  path: "/v1/chat/completions",
  headers: async (app, person, update) => ({ ...(await app.key(person)), "idempotency-key": update }),
  body: (text) => ({ model: "scripted", stream: true, store: true, messages: [{ role: "user", content: text }] }),
  foreign: [{}, [], { model: "scripted" }, { model: "scripted", messages: [] }, { model: "scripted", messages: "Hello" }, { model: "scripted", messages: [{ role: "king", content: "x" }] }, { model: "scripted", messages: [{ role: "user", content: "x" }], stream: "yes" }, { update: "u1", text: "another channel's" }],
  textOf: (reply) =>
    dataOf(reply)
      .map(({ choices }) => (choices as { delta: { content?: string } }[])[0]?.delta.content ?? "")
      .join(""),
  lastLine: /"finish_reason":"stop"\}\]\}\n\ndata: \[DONE\]\n\n$/,
  refusalType: "application/json",
  reasonOf: ({ error }) => (error as Record<string, unknown>)["code"],
});
