// 어댑터의 속.

import type { look as english } from "../en/look.ts";

const percent = (share: number) =>
  share === 0
    ? "0\u00a0%"
    : `${(100 * share).toFixed(share < 0.001 ? 3 : share < 0.01 ? 2 : share < 0.1 ? 1 : 0)}\u00a0%`;

export const look: typeof english = {
  title: "5 · 속 들여다보기",
  lead: "모델의 어디가, 몇 가지 방향으로 바뀌었는지 보여요. LoRA 논문 7절을 가르친 것으로 그린 거예요.",
  nothing: "무언가를 가르치거나 어댑터를 고르면 볼 것이 생겨요.",
  show: "바뀐 곳 보기",
  looking: "살펴보는 중…",
  heatMap: "층마다 가중치에 견주어 바뀐 정도",
  block: (block) => (block === undefined ? "블록 밖" : `블록 ${block}`),
  blocks: "블록",
  outside: "–",
  percent,
  cell: (target, block, value) => `${target}, ${block}: ${value}`,
  legend: (least, most) => `${least} (옅음)에서 ${most} (짙음)까지`,
  keys: "화살표 키로 층 사이를 옮기고, Enter로 그 방향들을 보여요.",
  without: (count) => `층 ${count}개는 보이지 않아요. 거기서 어댑터가 하는 일은 가중치의 변화가 아니에요.`,
  directions: (target, block) => `${target}의 방향들, ${block}`,
  mattering: (rank, mattering) =>
    mattering === 0
      ? `랭크 ${rank}이지만 여기서는 배운 것이 없어요.`
      : `랭크 ${rank} 가운데 ${mattering}개가 중요해요. 방향 ${mattering}개에 변화의 10분의 9가 담겨 있어요.`,
  bars: (values) => `특이값, 큰 것부터: ${values.join(", ")}.`,
  compare: "견줄 어댑터",
  nobody: "다른 어댑터…",
  alike: (first, second, reads, writes) =>
    `“${first}”와 “${second}”는 보는 방향이 ${reads}, 쓰는 방향이 ${writes} 같아요.`,
  alikeSays:
    "우연만으로도 몇\u00a0%는 나오고, 100\u00a0%면 같은 것이에요. 같은 시드에서 시작한 어댑터들은 같은 방향을 보아요. 보는 쪽은 거의 움직이지 않고, 쓰는 쪽이 배운 것이에요.",
  alikeMap: "층마다 둘이 함께 쓰는 방향의 몫",
  nothingShared: "이 둘이 함께 바꾸는 층이 없어요.",
};
