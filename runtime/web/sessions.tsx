import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Problem } from "./contract.ts";
import { deviceName } from "./device.ts";
import { ProblemNote } from "./problem.tsx";
import { useTools } from "./tools.ts";
import { useReply } from "./use-reply.ts";
import { visible } from "./visible.ts";
import { moment } from "./words.ts";

/** Every sign-in of the person, each with its end. `unsent`: signing out here would lose something that was typed. */
export function Sessions({ unsent }: { readonly unsent: boolean }): VNode {
  const { api } = useTools();
  const [reply, again] = useReply(api.sessions);
  const [problem, setProblem] = useState<Problem>();
  const end = async (id: string) => {
    const ended = await api.endSession(id);
    setProblem(ended.ok || ended.status === 404 ? undefined : ended.problem);
    again();
  };
  return (
    <>
      {reply?.ok === false && <ProblemNote problem={reply.problem} again={{ label: "Try again", act: again }} />}
      {problem !== undefined && <ProblemNote problem={problem} onDismiss={() => setProblem(undefined)} />}
      <ul class="sessions">
        {reply?.ok === true &&
          reply.value.sessions.map(({ id, device, lastSeenAt, createdAt, current }) => (
            <li key={id}>
              <span>
                <span dir="auto">{visible(deviceName(device))}</span>
                <small>{current === true ? "this browser" : `last used ${moment(lastSeenAt)}`}, signed in {moment(createdAt)}</small>
              </span>
              {current === true ? <SignOut unsent={unsent} /> : <button type="button" aria-label={`End the sign-in on ${deviceName(device)}`} onClick={() => end(id)}>End</button>}
            </li>
          ))}
      </ul>
    </>
  );
}

function SignOut({ unsent }: { readonly unsent: boolean }): VNode {
  const { controller } = useTools();
  const [warned, setWarned] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const act = async () => {
    if (unsent && !warned) return setWarned(true);
    const reply = await controller.signOut();
    if (!reply.ok) setProblem(reply.problem);
  };
  return (
    <span class="sign-out">
      {warned && <span role="alert">A message that was not sent will be lost.</span>}
      <button type="button" onClick={act}>{warned ? "Sign out anyway" : "Sign out"}</button>
      {problem !== undefined && <ProblemNote problem={problem} onDismiss={() => setProblem(undefined)} />}
    </span>
  );
}
