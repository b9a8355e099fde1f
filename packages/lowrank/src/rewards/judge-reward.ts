// A language model as judge, behind OpenAI's chat API, which `lowrank serve` also has.

import { bytesUpTo, describeValue, shortened } from "@lowrank/contracts";
import type { Reward } from "./reward.ts";

export interface JudgeAccess {
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Sent to the judge. */
  readonly apiKey?: string | undefined;
}

const maxAnswerBytes = 2 ** 20;
const task =
  "Rate how well the answer responds to the prompt, from 0 (useless) to 10 (perfect). Reply with the number alone.";

/** Throws for another argument than "<url>#<model>". */
export function judgeReward(argument: string, { fetch = globalThis.fetch, apiKey }: JudgeAccess): Reward {
  const [, url, model] = /^(https?:\/\/.*?)\/?#(.+)$/.exec(argument) ?? [];
  if (url === undefined)
    throw new Error(
      "expected a URL and a model: http://localhost:8080/v1#judge. For a model on disk, start lowrank serve",
    );
  return async ({ prompt, completion, signal }) => {
    const asked =
      typeof prompt === "string" ? prompt : prompt.map(({ role, content }) => `${role}: ${content}`).join("\n");
    const content = `Prompt:\n${asked}\n\nAnswer:\n${completion}`;
    const messages = [
      { role: "system", content: task },
      { role: "user", content },
    ];
    const response = await fetch(`${url}/chat/completions`, {
      ...{ method: "POST", signal, body: JSON.stringify({ model, temperature: 0, messages }) },
      headers: { "content-type": "application/json", ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) },
    });
    const bytes = await bytesUpTo(response, maxAnswerBytes, () => {
      throw new Error(`${url} answered with more than ${maxAnswerBytes} bytes`);
    });
    const answer = new TextDecoder().decode(bytes);
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${shortened(answer, 200)}`);
    return scoreIn(answer);
  };
}

/** The first number of the reply, as 0 to 1. */
function scoreIn(answer: string): number {
  const { choices } = JSON.parse(answer);
  const reply: unknown = choices?.[0]?.message?.content;
  const score = Number(/-?\d+(?:\.\d+)?/.exec(String(reply))?.[0]);
  if (!(score >= 0 && score <= 10))
    throw new Error(`the judge replied ${describeValue(reply)}, not a number from 0 to 10`);
  return score / 10;
}
