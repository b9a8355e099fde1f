// 가르친 것을 시험해 보기: 두 모델과의 대화.

import type { trying as english } from "../en/try.ts";

export const trying: typeof english = {
  title: "4 · 써 보기",
  lead: "두 모델에게 한꺼번에 물어보세요. 한쪽은 원래 모델, 다른 쪽은 가르친 모델이에요.",
  leadSingle: "이 모델은 한 줄씩만 답하고, 앞에서 한 말은 기억하지 못해요.",
  base: "원래 모델",
  adapted: "가르친 모델",
  adaptedBy: (name, strength) => `“${name}” 적용${strength === 1 ? "" : `, 세기 ${strength}`}`,
  noAdapter: "먼저 무언가를 가르치거나 선반에서 어댑터를 고르세요. 그러면 여기에서도 답해요.",
  you: "나",
  ask: "보낼 말",
  placeholderChat: "가르친 문장 그대로가 아닌 것을 물어보세요",
  placeholderPlain: "name[Aromi], food[French], area[riverside]",
  send: "보내기",
  stop: "멈추기",
  again: "다시 답하기",
  clear: "대화 지우기",
  cleared: "대화를 지웠어요.",
  undo: "되돌리기",
  stopped: "멈췄어요.",
  silent: "할 말이 없대요.",
  training: "학습이 끝나거나 멈추면 다시 답해요.",
  waiting: "쓰는 중…",
  answered: "둘 다 답했어요.",
  length: (tokens, most) => `${most}토큰 중 ${tokens}토큰`,
  tooLong: (tokens, most) =>
    `${tokens}토큰이에요. 이 모델은 ${most}토큰까지만 읽을 수 있어요. 줄여서 쓰거나 대화를 지워 주세요.`,
  legend: "밑줄 친 낱말은 가르친 뒤에 나올 가능성이 세 배 이상 커진 낱말이에요.",
  likelier: (times) =>
    times > 1000
      ? "나올 가능성이 1000배 넘게 커짐"
      : `나올 가능성이 ${times < 10 ? times.toFixed(1) : Math.round(times)}배`,
  strength: "세기",
  strengthSays: (strength) =>
    strength === 0
      ? "0: 원래 모델과 똑같아요"
      : strength === 1
        ? "1: 가르친 그대로예요"
        : `${strength}: 가르친 것보다 ${strength < 1 ? "약해요" : "세요"}`,
  more: "쓰는 방식",
  temperature: "뜻밖의 정도",
  temperatureSays: (temperature) => (temperature === 0 ? "0: 언제나 가장 그럴듯한 낱말" : `${temperature}`),
  topP: "확률의 합이 이만큼 되는 낱말 중에서만",
  maxNewTokens: "가장 긴 답(토큰)",
  seed: "우연의 씨앗",
  speed: (tokens) => `1초에 ${tokens < 10 ? tokens.toFixed(1) : Math.round(tokens)}토큰`,
  whichSide: "보여 줄 답",
};
