import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface SheetFrameProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A panel over the page. Focus stays inside it and goes back to where it came from; Esc, or a click beside it where the browser knows of that, closes it. */
export function SheetFrame({ title, onClose, children }: SheetFrameProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog class="sheet" ref={dialog} aria-labelledby="sheet-title" closedby="any" onClose={onClose}>
      <div class="inside">
        <header>
          <h1 id="sheet-title">{title}</h1>
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>Close</button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
