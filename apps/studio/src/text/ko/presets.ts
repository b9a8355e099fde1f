// 한 번 눌러서 가르쳐 볼 수 있는 것들.

import type { PresetId } from "../../presets/preset.ts";
import type { presets as english } from "../en/presets.ts";

const names: Readonly<Record<PresetId, string>> = {
  voice: "해적 말투",
  faq: "숙소의 답변",
  restaurants: "정보를 문장으로",
};

const leads: Readonly<Record<PresetId, string>> = {
  voice: "일상적인 질문 열여섯 개에 해적이 답해요. 모델은 그 말투를 익혀서 다른 질문에도 그렇게 답해요.",
  faq: "어떤 모델도 알 수 없는 숙소 정보 열두 가지를, 각각 다섯 가지 방식으로 물어봐요.",
  restaurants: "식당 삼백 곳을 정보 목록과 문장으로 보여줘요. 모델은 주어진 정보만 빠짐없이 말하는 법을 배워요.",
};

const seconds = (count: number) =>
  count < 90 ? `약 ${Math.max(5, Math.round(count / 5) * 5)}초` : `약 ${Math.round(count / 60)}분`;

export const presets: typeof english = {
  title: "가르치면 어떻게 달라질까요?",
  lead: "같은 모델이 배우지 않은 질문에 답한 것을, 가르치기 전과 후로 기록했어요. 한 번 누르면 여기서 다시 가르쳐요.",
  names,
  leads,
  asked: "질문",
  before: "가르치기 전",
  after: "가르친 후",
  another: "다른 예 보기",
  example: (number, of) => `예 ${of}개 중 ${number}번째`,
  score: (adapted, base, of) =>
    `배우지 않은 질문 ${of}개 가운데 ${adapted}개를 맞혔어요. 가르치기 전에는 ${base}개였어요.`,
  facts: (model, rows, time) => `${model}에 예문 ${rows}개, ${seconds(time)} 걸려요.`,
  teach: "이걸 가르치기",
  loadAndTeach: (model, megabytes) => `${model}(${megabytes} MB) 불러와서 가르치기`,
  loading: (model) => `${model} 불러오는 중 …`,
  failed: (model) => `${model}을 불러오지 못해서 아무것도 가르치지 않았어요.`,
};
