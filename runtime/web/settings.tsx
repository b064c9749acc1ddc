import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Me } from "./contract.ts";
import { Place } from "./sent.tsx";
import { Sessions } from "./sessions.tsx";
import { useTools } from "./tools.ts";
import { UsageFacts } from "./usage.tsx";
import { visible } from "./visible.ts";
import { destination, duration, moment, sentence } from "./words.ts";

/** Where data lives, who answers, what was used, who is signed in. */
export function Settings({ me, unsent }: { readonly me: Me; readonly unsent: boolean }): VNode {
  const { controller } = useTools();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    void controller.refreshMe();
  }, [controller]);
  return (
    <div class="log">
      <div class="settings">
        <h1 ref={heading} tabIndex={-1} dir="auto">{visible(me.person.name)}</h1>
        <section>
          <h2>Where your data lives</h2>
          <dl class="facts">
            <dt>Place</dt><dd>{me.data.place}</dd>
            {me.data.path !== undefined && <><dt>Folder</dt><dd><code>{me.data.path}</code></dd></>}
          </dl>
          <p>Conversations are encrypted with your own key before they are stored. This browser keeps none of them.</p>
        </section>
        <section>
          <h2>Who answers</h2>
          <dl class="facts"><Place model={me.model} /></dl>
          <p>{sentence(`each message ${destination(me.model)}`)}</p>
        </section>
        <section>
          <h2>Usage</h2>
          <UsageFacts me={me} />
        </section>
        <section>
          <h2>Sign-ins</h2>
          <p>You are signed out after {duration(me.session.idleMinutes * 60)} without use, and on {moment(me.session.expiresAt)} at the latest.</p>
          <Sessions unsent={unsent} />
        </section>
        <section>
          <h2>Keys</h2>
          <dl class="facts">
            <dt><kbd>Enter</kbd></dt><dd>send</dd>
            <dt><kbd>Shift</kbd> <kbd>Enter</kbd></dt><dd>start a new line</dd>
            <dt><kbd>Esc</kbd></dt><dd>stop the answer, or close a panel</dd>
            <dt><kbd>Ctrl</kbd> <kbd>Shift</kbd> <kbd>O</kbd></dt><dd>new conversation</dd>
            <dt><kbd>Ctrl</kbd> <kbd>Shift</kbd> <kbd>S</kbd></dt><dd>fold the conversations away, or back</dd>
          </dl>
        </section>
        <p class="mark">Holdfast {me.version} · <a href="/licences.txt">licences of what is built in</a></p>
      </div>
    </div>
  );
}
