// A reward model as a reward: the score that a classifier with one output gives a prompt with its completion.

import { type Example, type TextTokenizer, tokenizeExample } from "@lowrank/data";
import { WrongTaskError } from "../../errors/model-errors.ts";
import type { OpenedBase } from "../../open/open-base.ts";
import { maxLengthFor } from "../../open/position-limit.ts";
import { rowLogits } from "../../predict/answer-logits.ts";
import type { PredictOptions } from "../../predict/predict-rows.ts";
import type { Reward, RewardInput } from "../../rewards/reward.ts";
import { chooseTemplate, rememberedTemplate } from "../../rows/tokens/choose-template.ts";
import { givesOneScore } from "../ranking/ranking.ts";

interface Judge {
  readonly opened: OpenedBase;
  readonly adapters: readonly { readonly opened: OpenedBase }[];
  tokenizer(): Promise<TextTokenizer>;
}

/**
 * Rewards each completion with the score of a reward model, with the last adapter of the model if there is one. Calls made together
 * are computed in batches. Texts are written with the template of the adapter's training, and cut at their beginning if they
 * are longer than `maxLength`. The reward's promise rejects with TOKENIZER_MISSING, ChatTemplateMissingError, TemplateError,
 * NonFiniteModelError, and the reason of an aborted signal.
 *
 * @throws WrongTaskError for a model without a score.
 *
 * @example
 * ```ts
 * import { openModel, type Reward, rewardModel } from "lowrank";
 *
 * export async function rewardFrom(base: string, adapter: string): Promise<Reward> {
 *   return rewardModel(await openModel(base, { adapter }));
 * }
 * ```
 */
export function rewardModel(
  judge: Judge,
  { batchSize = 8, maxLength }: Pick<PredictOptions, "batchSize" | "maxLength"> = {},
): Reward {
  const opened = judge.adapters.at(-1)?.opened ?? judge.opened;
  const { model, setup } = opened;
  if (!givesOneScore(model)) {
    const advice = 'Train one: preference pairs with the loss "reward".';
    throw new WrongTaskError(model.modelType, model.task, "A reward", advice, "a classifier with one output");
  }
  const idsOf = async (input: RewardInput): Promise<readonly number[]> => {
    const [example, tokenizer] = [exampleOf(input), await judge.tokenizer()];
    const chooser = { tokenizer, task: model.task };
    const template = chooseTemplate(rememberedTemplate(setup, [example]), [example], chooser);
    return tokenizeExample(example, tokenizer, template, { maxLength: maxLengthFor(model, maxLength) }).inputIds;
  };
  const scoresOf = async (inputs: readonly RewardInput[]): Promise<readonly number[]> => {
    const scores: number[] = [];
    for (let from = 0; from < inputs.length && !inputs.every(({ signal }) => signal.aborted); from += batchSize) {
      const rows = await Promise.all(inputs.slice(from, from + batchSize).map(idsOf));
      const unused = { text: "", textStart: 0, spans: [] };
      const logits = await rowLogits(
        opened,
        rows.map((inputIds) => ({ inputIds, ...unused })),
      );
      scores.push(...logits.map(([score = Number.NaN]) => score));
    }
    return scores;
  };
  let gathered: { readonly inputs: RewardInput[]; readonly scores: Promise<readonly number[]> } | undefined;
  const gather = () => {
    const inputs: RewardInput[] = [];
    // A timer ends after all calls that are made together have begun.
    const scores = new Promise((resolve) => setTimeout(resolve, 0)).then(() => {
      gathered = undefined;
      return scoresOf(inputs);
    });
    return { inputs, scores };
  };
  return async (input) => {
    gathered ??= gather();
    const [{ inputs, scores }, place] = [gathered, gathered.inputs.length];
    inputs.push(input);
    const all = await scores;
    input.signal.throwIfAborted();
    return all[place] ?? Number.NaN;
  };
}

function exampleOf({ prompt, completion }: RewardInput): Example {
  if (typeof prompt === "string") return { kind: "completion", prompt, completion };
  return { kind: "chat", messages: [...prompt, { role: "assistant", content: completion }] };
}
