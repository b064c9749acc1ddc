import { useEffect, useState } from "preact/hooks";

/** Matches where the rail lies over the conversation instead of beside it; the width is the one in style/shell.css. */
export const narrow = matchMedia("(max-width: 50rem)");

export function useNarrow(): boolean {
  const [matches, setMatches] = useState(narrow.matches);
  useEffect(() => {
    const changed = () => setMatches(narrow.matches);
    narrow.addEventListener("change", changed);
    return () => narrow.removeEventListener("change", changed);
  }, []);
  return matches;
}
