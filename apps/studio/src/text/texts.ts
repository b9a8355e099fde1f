// Every visible word, in each language: a file a slice. English says which sentences there are; the others must have them.

import { drawing as enDrawing } from "./en/drawing.ts";
import { model as enModel } from "./en/model.ts";
import { page as enPage } from "./en/page.ts";
import { trying as enTrying } from "./en/try.ts";
import { drawing as koDrawing } from "./ko/drawing.ts";
import { model as koModel } from "./ko/model.ts";
import { page as koPage } from "./ko/page.ts";
import { trying as koTrying } from "./ko/try.ts";

const en = {
  page: enPage,
  model: enModel,
  drawing: enDrawing,
  trying: enTrying,
};
export type Texts = typeof en;
const ko: Texts = {
  page: koPage,
  model: koModel,
  drawing: koDrawing,
  trying: koTrying,
};

export const texts = { en, ko };
export type LanguageName = keyof typeof texts;

/** As they call themselves. */
export const languageNames: Readonly<Record<LanguageName, string>> = { en: "English", ko: "한국어" };
