import type { VNode } from "preact";
import type { Me } from "./contract.ts";
import { ProblemNote } from "./problem.tsx";
import { useTools } from "./tools.ts";
import { useReply } from "./use-reply.ts";
import { count, countOf } from "./words.ts";

export function UsageFacts({ me }: { readonly me: Me }): VNode {
  const { api } = useTools();
  const [reply, again] = useReply(api.usage);
  const { usage, limits } = me;
  const tokens = usage.inputTokens + usage.outputTokens;
  const days = reply?.ok === true ? reply.value.days : [];
  return (
    <>
      <p>
        <label for="tokens">Today {count(tokens)} of {countOf(limits.tokensPerDay, "token", "tokens")}, in {countOf(usage.requests, "request", "requests")}.</label>{" "}
        At most {countOf(limits.requestsPerMinute, "request", "requests")} a minute.
      </p>
      <progress id="tokens" value={tokens} max={limits.tokensPerDay} />
      {reply?.ok === false && <ProblemNote problem={reply.problem} again={{ label: "Try again", act: again }} />}
      {days.length > 0 && (
        <details>
          <summary>The last 31 days</summary>
          <div class="table" tabIndex={0} role="region" aria-label="Usage by day">
            <table>
              <thead><tr><th>Day</th><th class="right">Requests</th><th class="right">Tokens in</th><th class="right">Tokens out</th></tr></thead>
              <tbody>
                {days.map(({ day, requests, inputTokens, outputTokens }) => (
                  <tr key={day}><td>{day}</td><td class="right">{count(requests)}</td><td class="right">{count(inputTokens)}</td><td class="right">{count(outputTokens)}</td></tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </>
  );
}
