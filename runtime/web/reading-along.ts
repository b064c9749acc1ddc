import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface ReadingAlong {
  /** The reader is at the end, and stays there as more arrives. */
  readonly along: boolean;
  /** To be called on every scroll of the box. */
  readonly onScroll: () => void;
  readonly toTheEnd: () => void;
}

/** How near the end still counts as being there, in pixels. */
const NEAR = 96;

/**
 * Keeps a box that scrolls at its end while the reader is there, whatever changes its size or its content's: words
 * that arrive, a window, a keyboard on glass. A reader who scrolled up stays put, also when turns are put in above;
 * `first` names what the content begins with. `sending` brings the reader to the end.
 */
export function useReadingAlong(box: RefObject<HTMLElement | null>, first: string | undefined, sending: boolean): ReadingAlong {
  const [along, setAlong] = useState(true);
  const last = useRef({ first, top: 0, height: 0, along: true });
  const change = (next: boolean) => {
    last.current.along = next;
    setAlong(next);
  };

  useLayoutEffect(() => {
    if (sending) change(true);
  }, [sending]);

  useLayoutEffect(() => {
    const log = box.current;
    if (log === null) return;
    if (last.current.along) log.scrollTop = log.scrollHeight;
    else if (last.current.first !== first) log.scrollTop += log.scrollHeight - last.current.height;
    Object.assign(last.current, { first, top: log.scrollTop, height: log.scrollHeight });
  });

  useLayoutEffect(() => {
    const log = box.current;
    if (log === null) return;
    const observer = new ResizeObserver(() => {
      if (last.current.along) log.scrollTop = log.scrollHeight;
      last.current.height = log.scrollHeight;
    });
    for (const element of [log, ...log.children]) observer.observe(element);
    return () => observer.disconnect();
  }, [box]);

  const onScroll = () => {
    const log = box.current;
    if (log === null) return;
    const { top } = last.current;
    last.current.top = log.scrollTop;
    const near = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    // Only a move upwards is the reader's wish: a box that shrinks, or words that arrive, leave the end behind without one.
    const next = near || (last.current.along && log.scrollTop >= top);
    if (next !== last.current.along) change(next);
  };
  return { along, onScroll, toTheEnd: () => change(true) };
}
