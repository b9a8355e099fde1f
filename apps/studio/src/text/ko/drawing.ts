// LoRA가 하는 일을 그린 그림.

import type { drawing as english } from "../en/drawing.ts";

export const drawing: typeof english = {
  frozen: "고정",
  picture: (rank) =>
    `큰 회색 사각형 W에 얇은 띠 두 개의 곱을 더한 그림이에요. B는 너비가 ${rank}, A는 높이가 ${rank}이고, 띠만 학습해요.`,
  sentence:
    "모델의 가중치 W는 그대로 두고, 얇은 띠 두 개로 이루어진 작은 변화 B·A만 학습해요. 새로운 일을 배우는 데 필요한 변화는 몇 가지 방향이면 충분하기 때문이에요.",
  rank: (rank) => `랭크 ${rank}: 띠의 두께가 숫자 ${rank}개라서, 변화의 방향도 ${rank}가지예요.`,
  lit: (layers, blocks) => `블록 ${blocks}개에서 층 ${layers}개가 학습하고, 층마다 띠가 따로 있어요.`,
};
