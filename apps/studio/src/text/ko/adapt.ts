// 어댑터 설정.

import type { adapt as english } from "../en/adapt.ts";
import { megabytes } from "../en/figures.ts";
import { duration } from "./figures.ts";

export const adapt: typeof english = {
  title: "2 · 맞추기",
  lead: "얼마나 바뀌어도 되는지 정해요. 모델은 그대로 두고, 배운 것은 각 층 옆의 얇은 띠 두 개에 담겨요.",
  rank: "랭크 – 띠의 너비",
  targets: "학습할 층",
  trainable: "학습할 매개변수",
  ofAll: (count, share) => `${count.toLocaleString("ko")}개 (${(100 * share).toFixed(share < 0.001 ? 3 : 2)} %)`,
  file: "가져갈 파일",
  memory: "학습하는 동안 메모리",
  step: "한 단계에 걸리는 시간",
  unknown: "–",
  measure: "재 보기",
  measuring: "재는 중…",
  megabytes,
  duration,
  more: "더 많은 설정",
  name: "어댑터 이름",
  watched: "학습하는 동안 계속 물어볼 말",
  steps: "단계 수",
  batchSize: "한 단계에 쓸 행 수",
  learningRate: "학습률",
  schedule: "학습률 변화",
  schedules: { cosine: "부드럽게 줄어듦 (코사인)", linear: "일정하게 줄어듦 (선형)", constant: "그대로" },
  alpha: "알파 – 띠가 작용하는 세기",
  dropout: "드롭아웃 – 외우지 않도록 무작위로 빼기",
  seed: "시드 – 같으면 결과도 같음",
  held: "평가용으로 남겨 둘 행",
  heldShare: (share) => (share === 0 ? "없음" : `${Math.round(100 * share)} %`),
  start: "띠의 시작값",
  starts: {
    gaussian: "무작위 (가우스)",
    kaiming: "무작위 (Kaiming, PEFT 기본값)",
    pissa: "가중치의 가장 큰 방향에서 (PiSSA, 시작이 느림)",
    olora: "정규직교 방향에서 (OLoRA)",
    orthogonal: "직교",
  },
  dora: "DoRA – 크기와 방향을 따로 학습하기",
  reset: "처음 설정으로 되돌리기",
};
