// A language model as judge: on disk, or behind OpenAI's chat API, which `lowrank serve` also has.

import { bytesUpTo, describeValue, isObject, parseJson, shortened } from "@lowrank/contracts/internal";
import type { ChatMessage } from "@lowrank/data";
import type { Reward } from "./reward.ts";

export interface JudgeAccess {
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Sent to the judge. */
  readonly apiKey?: string | undefined;
  /** A judge on disk. Throws for a path without a model. */
  readonly openJudge?: ((path: string) => Promise<AskJudge>) | undefined;
}

/** The judge's reply to a conversation. */
export type AskJudge = (messages: readonly ChatMessage[], signal: AbortSignal) => Promise<string>;

const maxAnswerBytes = 2 ** 20;
const task =
  "Rate how well the answer responds to the prompt, from 0 (useless) to 10 (perfect). Reply with the number alone.";

/** Throws for an argument that is neither "<url>#<model>" nor a model on disk. */
export async function judgeReward(argument: string, access: JudgeAccess): Promise<Reward> {
  const ask = await judgeAt(argument, access);
  return async ({ prompt, completion, signal }) => {
    const asked =
      typeof prompt === "string" ? prompt : prompt.map(({ role, content }) => `${role}: ${content}`).join("\n");
    const content = `Prompt:\n${asked}\n\nAnswer:\n${completion}`;
    const messages = [
      { role: "system", content: task },
      { role: "user", content },
    ] as const;
    return scoreIn(await ask(messages, signal));
  };
}

async function judgeAt(argument: string, access: JudgeAccess): Promise<AskJudge> {
  const { fetch = globalThis.fetch, apiKey, openJudge } = access;
  const [, url, model] = /^(https?:\/\/.*?)\/?#(.+)$/.exec(argument) ?? [];
  if (url === undefined && openJudge !== undefined && !/^https?:/.test(argument)) return openJudge(argument);
  if (url === undefined) throw new Error("expected a URL and a model: http://localhost:8080/v1#judge");
  return async (messages, signal) => {
    const response = await fetch(`${url}/chat/completions`, {
      method: "POST",
      signal,
      body: JSON.stringify({ model, temperature: 0, messages }),
      headers: { "content-type": "application/json", ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) },
    });
    const bytes = await bytesUpTo(response, maxAnswerBytes, () => {
      throw new Error(`${url} answered with more than ${maxAnswerBytes} bytes`);
    });
    const answer = new TextDecoder().decode(bytes);
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${shortened(answer, 200)}`);
    const reply = parseJson(answer, { refuse: (reason) => new Error(`the answer of ${url} ${reason}`) });
    const [choice]: readonly unknown[] = isObject(reply) && Array.isArray(reply.choices) ? reply.choices : [];
    const message = isObject(choice) ? choice.message : undefined;
    return isObject(message) && typeof message.content === "string" ? message.content : describeValue(reply);
  };
}

/** The first number of the reply, as 0 to 1. */
function scoreIn(reply: string): number {
  const score = Number(/-?\d+(?:\.\d+)?/.exec(reply)?.[0]);
  if (!(score >= 0 && score <= 10))
    throw new Error(`the judge replied ${describeValue(reply)}, not a number from 0 to 10`);
  return score / 10;
}
