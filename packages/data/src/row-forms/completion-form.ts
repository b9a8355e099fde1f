// {"prompt": …, "completion": …}

import { isTexts, type RowForm, readTexts } from "./row-form.ts";

/** A prompt and its completion. */
export const completionForm: RowForm = {
  name: "prompt/completion",
  source: "TRL's prompt-completion format, OpenAI's first fine-tuning format",
  keys: ["prompt", "completion"],
  read(fields) {
    const texts = readTexts(fields, ["prompt", "completion"]);
    if (!isTexts(texts)) return texts;
    const [prompt = "", completion = ""] = texts;
    return { kind: "completion", prompt, completion };
  },
};
