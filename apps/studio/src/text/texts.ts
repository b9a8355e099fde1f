// Every visible word, in each language: a file a slice. English says which sentences there are; the others must have them.

import { adapt as enAdapt } from "./en/adapt.ts";
import { drawing as enDrawing } from "./en/drawing.ts";
import { look as enLook } from "./en/look.ts";
import { model as enModel } from "./en/model.ts";
import { page as enPage } from "./en/page.ts";
import { presets as enPresets } from "./en/presets.ts";
import { share as enShare } from "./en/share.ts";
import { shelf as enShelf } from "./en/shelf.ts";
import { takeHome as enTakeHome } from "./en/take-home.ts";
import { teach as enTeach } from "./en/teach.ts";
import { train as enTrain } from "./en/train.ts";
import { trying as enTrying } from "./en/try.ts";
import { adapt as koAdapt } from "./ko/adapt.ts";
import { drawing as koDrawing } from "./ko/drawing.ts";
import { look as koLook } from "./ko/look.ts";
import { model as koModel } from "./ko/model.ts";
import { page as koPage } from "./ko/page.ts";
import { presets as koPresets } from "./ko/presets.ts";
import { share as koShare } from "./ko/share.ts";
import { shelf as koShelf } from "./ko/shelf.ts";
import { takeHome as koTakeHome } from "./ko/take-home.ts";
import { teach as koTeach } from "./ko/teach.ts";
import { train as koTrain } from "./ko/train.ts";
import { trying as koTrying } from "./ko/try.ts";

const en = {
  page: enPage,
  model: enModel,
  drawing: enDrawing,
  teach: enTeach,
  adapt: enAdapt,
  train: enTrain,
  trying: enTrying,
  presets: enPresets,
  share: enShare,
  shelf: enShelf,
  look: enLook,
  takeHome: enTakeHome,
};
export type Texts = typeof en;
const ko: Texts = {
  page: koPage,
  model: koModel,
  drawing: koDrawing,
  teach: koTeach,
  adapt: koAdapt,
  train: koTrain,
  trying: koTrying,
  presets: koPresets,
  share: koShare,
  shelf: koShelf,
  look: koLook,
  takeHome: koTakeHome,
};

export const texts = { en, ko };
export type LanguageName = keyof typeof texts;

/** As they call themselves. */
export const languageNames: Readonly<Record<LanguageName, string>> = { en: "English", ko: "한국어" };
