/** Connects a channel to the message path: the same for every channel. The person is known and allowed by now. */
import type { Handler } from "hono";
import type { MessagePath } from "../chat/message-path.ts";
import type { Inbound } from "../chat/inbound.ts";
import type { HttpEnv } from "../http/access.ts";
import { toProblem } from "../http/problem-response.ts";
import type { Refusals } from "../identity/refusals.ts";
import type { Log } from "../log.ts";
import type { Channel } from "../ports.ts";
import type { ProblemReason } from "../problems.ts";

/** Decisions, and data that does not open: the audit log holds these. The others are mistakes of the sender. */
const RECORDED: readonly ProblemReason[] = ["daily_limit", "rate_limit", "not_allowed", "store_corrupt", "key_missing"];

export function takeMessages<In extends Inbound>(channel: Channel<In>, path: MessagePath, refusals: Refusals, log: Log): Handler<HttpEnv> {
  return async (c) => {
    const { person } = c.get("identity");
    try {
      const inbound = await channel.receive(c.req.raw);
      return await channel.reply(await path.submit(person, inbound), inbound, c.req.raw);
    } catch (error) {
      const problem = toProblem(error, log);
      if (RECORDED.includes(problem.reason)) await refusals.request(problem, person.id, channel.name);
      return channel.refuse(problem);
    }
  };
}
