import type { VNode } from "preact";
import { CopyButton } from "./copy-button.tsx";
import { ProblemNote } from "./problem.tsx";
import type { Access } from "./state.ts";
import { useTools } from "./tools.ts";

const COMMAND = 'npm run admin -- link "<your name>"';

export interface SignInProps {
  readonly access: Extract<Access, { kind: "signed_out" | "unreachable" }>;
  /** Something is typed and not sent: it comes back with the same person. */
  readonly unsent: boolean;
}

/** What someone sees who is not signed in: how to get in, in words. */
export function SignIn({ access, unsent }: SignInProps): VNode {
  const { controller } = useTools();
  const again = { label: "Try again", act: () => void controller.returned() };
  if (access.kind === "unreachable") {
    return (
      <main class="door">
        <h1>Holdfast</h1>
        <ProblemNote problem={access.problem} again={again} />
      </main>
    );
  }
  return (
    <main class="door">
      <h1>Holdfast</h1>
      {access.problem !== undefined && <ProblemNote problem={access.problem} {...(access.problem.reason !== "link_invalid" && { again })} />}
      <p>{access.ended ? "You are signed out." : "This assistant is private."} You get in with a link that works once, for ten minutes.</p>
      <p>Ask whoever runs it for one. On the machine that it runs on, in its folder:</p>
      <p class="command"><code>{COMMAND}</code> <CopyButton text={COMMAND} label="Copy the command" /></p>
      <p>Open the link that it prints in this browser.</p>
      {unsent && <p>What you typed and did not send is kept in this tab. Open the link here, or in another tab and then come back.</p>}
      <p class="actions"><button type="button" class="quiet" onClick={() => controller.returned()}>I am signed in in another tab</button></p>
    </main>
  );
}
