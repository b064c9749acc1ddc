/** Server-sent events of a whole reply. */
export interface ReceivedEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Record<string, unknown>;
}

export async function readEvents(response: Response): Promise<ReceivedEvent[]> {
  return (await response.text())
    .split("\n\n")
    .filter((block) => block.includes("data: "))
    .map((block) => {
      const field = (name: string) => block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      return { event: field("event") ?? "message", id: field("id"), data: JSON.parse(field("data") ?? "{}") as Record<string, unknown> };
    });
}

/** The answer's text, from every text event. */
export function textOf(events: readonly ReceivedEvent[]): string {
  return events.filter(({ event }) => event === "text").map(({ data }) => String(data["text"])).join("");
}
