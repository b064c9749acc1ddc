import type { VNode } from "preact";
import { useCallback } from "preact/hooks";
import type { Me, ModelPlace, Sent } from "./contract.ts";
import { LongText } from "./long-text.tsx";
import { ProblemNote } from "./problem.tsx";
import { SheetFrame } from "./sheet.tsx";
import type { Sheet } from "./state.ts";
import { useTools } from "./tools.ts";
import { useReply } from "./use-reply.ts";
import { count, moment, regionName, staysHere } from "./words.ts";

/** Exactly what left for one answer, where to, and nothing else; for a conversation that has not begun, where it will go. */
export function SentSheet({ sheet, me }: { readonly sheet: Sheet; readonly me: Me }): VNode {
  const { controller } = useTools();
  return (
    <SheetFrame title="What was sent" onClose={controller.closeSheet}>
      {sheet.turn === undefined ? <Nothing model={me.model} /> : <Record key={sheet.turn} turn={sheet.turn} />}
    </SheetFrame>
  );
}

function Nothing({ model }: { readonly model: ModelPlace }): VNode {
  return (
    <>
      <p>Nothing yet in this conversation. {staysHere(model) ? "Nothing will leave: the demo model is part of Holdfast." : "A message will go to:"}</p>
      <dl class="facts"><Place model={model} /></dl>
    </>
  );
}

function Record({ turn }: { readonly turn: string }): VNode {
  const { api } = useTools();
  const [reply, again] = useReply(useCallback(() => api.sent(turn), [api, turn]));
  if (reply === undefined) return <p class="mark">Looking it up…</p>;
  if (!reply.ok) return <ProblemNote problem={reply.problem} {...(reply.status !== 404 && { again: { label: "Try again", act: again } })} />;
  return <SentRecord sent={reply.value} />;
}

function SentRecord({ sent }: { readonly sent: Sent }): VNode {
  const here = staysHere(sent.model);
  return (
    <>
      <p>{here ? "Nothing left this machine. This is what the demo model was given." : "This left for the answer, and nothing else."}</p>
      <dl class="facts">
        <Place model={sent.model} />
        <dt>When</dt><dd>{moment(sent.at)}</dd>
        <dt>Answer at most</dt><dd>{count(sent.maxOutputTokens)} tokens</dd>
      </dl>
      <h2>System prompt</h2>
      <LongText text={sent.system === "" ? "(none)" : sent.system} />
      <h2>{sent.messages.length === 1 ? "One message" : `${count(sent.messages.length)} messages`}</h2>
      <ol class="messages">
        {sent.messages.map(({ role, text }, index) => (
          <li key={index}>
            <h3>{role === "user" ? "You" : role === "assistant" ? "Assistant" : role}</h3>
            <LongText text={text} />
          </li>
        ))}
      </ol>
    </>
  );
}

/** The part of a list of facts that says where something goes. */
export function Place({ model }: { readonly model: ModelPlace }): VNode {
  return (
    <>
      <dt>Host</dt><dd>{model.host}</dd>
      <dt>Region</dt><dd>{staysHere(model) ? "does not apply" : model.region === undefined ? "not declared" : regionName(model.region)}</dd>
      <dt>Model</dt><dd>{model.name} {model.provider !== model.name && <small>({model.provider})</small>}</dd>
    </>
  );
}
