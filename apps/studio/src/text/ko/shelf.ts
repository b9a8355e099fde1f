// 어댑터 선반.

import type { ShelfEntry } from "../../protocol/shelf.ts";
import type { shelf as english } from "../en/shelf.ts";

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

const origins: Readonly<Record<ShelfEntry["origin"], string>> = {
  trained: "여기서 가르침",
  dropped: "가져옴",
  mixed: "섞음",
  copied: "복사본",
};

const failures: Readonly<Record<string, string>> = {
  ADAPTER_FOR_ANOTHER_BASE: "다른 모델을 위한 어댑터예요. 그 모델을 먼저 연 다음 다시 가져와 주세요.",
  ADAPTER_MISMATCH: "열려 있는 모델에 맞지 않아요. 이 모델에 없는 층을 바꾸는 어댑터예요.",
  STORAGE_FULL: "브라우저에 남은 공간이 없어요. 필요 없는 어댑터를 지우거나 디스크를 비워 주세요.",
  ADAPTER_FILES:
    "어댑터가 아니거나 너무 커요. PEFT가 쓰는 adapter_config.json과 adapter_model.safetensors, 또는 둘이 든 zip이 필요해요.",
  ADAPTER_REPOSITORY:
    "Hugging Face Hub에서 어댑터를 받지 못했어요. 공개 저장소의 이름(소유자/이름)인지, 네트워크가 있는지 봐 주세요.",
  MIXED_BASES: "다른 모델의 어댑터끼리는 섞을 수 없어요.",
  NOT_ON_SHELF: "이 어댑터는 없어졌어요. 다른 탭에서 지웠을지도 몰라요.",
  PICKLE_WEIGHTS:
    "가중치가 Python pickle이에요. 열 때 코드를 실행할 수 있어서 읽지 않아요. PEFT의 save_pretrained로 다시 저장해 주세요.",
  UNCOMBINABLE_ADAPTER: "이 둘은 더할 수 없어요. 하나가 보통 LoRA보다 더한 것(예: DoRA)이에요.",
};

export const shelf: typeof english = {
  title: "내 어댑터",
  lead: "하나하나가 가르친 것을 담은 작은 파일이에요. 고른 것이 대화에서 답해요.",
  empty: "아직 아무것도 없어요. 모델을 가르치거나 어댑터를 가져와 보세요.",
  list: "쓸 어댑터",
  name: "어댑터 이름",
  facts: ({ rank, bytes, origin }) => `랭크 ${rank} · ${megabytes(bytes)} · ${origins[origin]}`,
  made: (when) => new Date(when).toLocaleString("ko", { dateStyle: "medium", timeStyle: "short" }),
  otherModel: (model) => `${model}용이에요. 지금은 열려 있지 않아요`,
  copy: "복사",
  copyOf: (name) => `${name} 복사`,
  remove: "지우기",
  removeOf: (name) => `${name} 지우기`,
  removed: (name) => `“${name}” 어댑터를 지웠어요.`,
  undo: "되돌리기",
  bringIn: "가져오기",
  drop: "어댑터의 zip이나 파일들을 여기에 놓거나",
  chooseFile: "파일 고르기…",
  hub: "Hugging Face Hub에서",
  hubPlaceholder: "소유자/이름",
  fetch: "받기",
  adding: "살펴보는 중…",
  added: (name) => `“${name}” 어댑터가 선반에 있어요.`,
  mix: "둘 섞기",
  mixSays: "두 변화를 더해 어댑터 하나로 만들어요. 예를 들면 말투에 지식을 더해요.",
  first: "이것과",
  second: "이것을",
  share: (first, second) => `${first} %와 ${second} %`,
  shareLabel: "둘째의 몫",
  mixName: (first, second) => `${first} + ${second}`,
  mixNow: "섞기",
  mixing: "섞는 중…",
  notKept: "이 브라우저는 다음 방문까지 아무것도 남기지 않아요. 남기고 싶은 것은 내려받아 주세요.",
  failures,
};
