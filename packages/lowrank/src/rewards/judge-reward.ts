// A language model as judge, behind OpenAI's chat API, which `lowrank serve` also has.

import { describeValue, shortened } from "@lowrank/contracts";
import type { RewardHost } from "./named-reward.ts";
import type { Reward, RewardInput } from "./reward.ts";

const task =
  "Rate how well the answer responds to the prompt, from 0 (useless) to 10 (perfect). Reply with the number alone.";

/** Throws for another argument than "<url>#<model>". */
export function judgeReward(argument: string, host: RewardHost): Reward {
  const [url = "", model = ""] = argument.split("#");
  if (!/^https?:\/\//.test(url) || model === "")
    throw new Error(
      "expected lm-judge:<url>#<model>, such as lm-judge:http://localhost:8080/v1#judge. For a model on disk, start lowrank serve",
    );
  const address = `${url.replace(/\/$/, "")}/chat/completions`;
  return async (input) => scoreIn(await ask(address, { model, input, host }));
}

async function ask(
  address: string,
  of: { readonly model: string; readonly input: RewardInput; readonly host: RewardHost },
): Promise<unknown> {
  const { prompt, completion, signal } = of.input;
  const asked =
    typeof prompt === "string" ? prompt : prompt.map(({ role, content }) => `${role}: ${content}`).join("\n");
  const { fetch = globalThis.fetch, apiKey } = of.host;
  const response = await fetch(address, {
    method: "POST",
    signal,
    headers: { "content-type": "application/json", ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) },
    body: JSON.stringify({
      model: of.model,
      temperature: 0,
      messages: [
        { role: "system", content: task },
        { role: "user", content: `Prompt:\n${asked}\n\nAnswer:\n${completion}` },
      ],
    }),
  });
  if (!response.ok) throw new Error(`${address} answered ${response.status}: ${shortened(await response.text(), 200)}`);
  return response.json();
}

/** The first number of the reply as 0 to 1. */
function scoreIn(answer: unknown): number {
  const { choices } = (answer ?? {}) as {
    readonly choices?: readonly { readonly message?: { readonly content?: unknown } }[];
  };
  const reply = choices?.[0]?.message?.content;
  const score = Number(/-?\d+(?:\.\d+)?/.exec(String(reply))?.[0]);
  if (!(score >= 0 && score <= 10))
    throw new Error(`the judge replied ${describeValue(reply)}, not a number from 0 to 10`);
  return score / 10;
}
