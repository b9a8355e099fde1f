// {"text": …}

import { isTexts, type RowForm, readTexts } from "./row-form.ts";

/** Running text. */
export const textForm: RowForm = {
  name: "text",
  source: "Hugging Face datasets' text builder, TRL's language-modelling format",
  keys: ["text"],
  read(fields) {
    const texts = readTexts(fields, ["text"]);
    if (!isTexts(texts)) return texts;
    return { kind: "text", text: texts[0] ?? "" };
  },
};
