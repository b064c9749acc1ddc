/** The model that is there before a provider is: it says what it is, so that nobody takes it for more. */
import type { Model, ModelInfo } from "../ports.ts";
import { estimateMessageTokens, estimateTokens } from "../chat/tokens.ts";

const info: ModelInfo = { provider: "demo", name: "demo", host: "this machine" };

const ANSWER = `I am the **demo model**: I always answer with this text, and nothing you write leaves this machine.

What already works: your message was sealed with your own key before it was stored, and this answer is streamed the way a real one will be. Reload the page, and both are still here.

To talk to a real model, open a second terminal in the same folder and run:

\`\`\`
npm run admin -- model set
\`\`\`

It asks for a provider's address, the model's name and your key. Anything with an OpenAI-compatible API works, such as Ollama on this machine.`;

const MILLISECONDS_BETWEEN_WORDS = 12;

export function createDemoModel(): Model {
  return {
    info,
    async *stream({ messages }, signal) {
      for (const word of ANSWER.split(/(?<= )/)) {
        if (signal.aborted) return;
        yield { type: "text", text: word };
        await new Promise((resolve) => setTimeout(resolve, MILLISECONDS_BETWEEN_WORDS));
      }
      const inputTokens = messages.reduce((sum, message) => sum + estimateMessageTokens(message), 0);
      yield { type: "finish", cause: "stop", usage: { inputTokens, outputTokens: estimateTokens(ANSWER) } };
    },
  };
}
