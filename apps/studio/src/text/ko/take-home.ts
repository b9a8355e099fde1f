// 탭 밖으로 나가는 것.

import type { SnippetLanguage } from "../../snippets/snippets.ts";
import type { takeHome as english } from "../en/take-home.ts";

const megabytes = (bytes: number) => (bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

const languages: Readonly<Record<SnippetLanguage, string>> = {
  python: "Python",
  typescript: "TypeScript",
  "llama.cpp": "llama.cpp",
};

const failures: Readonly<Record<string, string>> = {
  INEXPRESSIBLE_ADAPTER:
    "llama.cpp의 어댑터는 행렬 쌍뿐이에요. 이 어댑터는 그 이상이거나, llama.cpp가 모르는 모델용이에요. 모델 전체를 가져가 주세요.",
  STORAGE_FULL: "브라우저에 파일을 둘 공간이 없어요. 디스크를 비우고 다시 해 주세요.",
  TIED_WEIGHT: "모델이 두 번 쓰는 표를 바꾸는 어댑터라서 여기서는 합칠 수 없어요. 어댑터를 그대로 가져가 주세요.",
  UNMERGEABLE: "이런 어댑터는 가중치에 합칠 수 없어요. 어댑터를 그대로 가져가 주세요.",
  MERGE_VERIFICATION: "합친 모델의 답이 전과 달라서 파일을 만들지 않았어요. 어댑터를 그대로 가져가 주세요.",
};

export const takeHome: typeof english = {
  title: "6 · 가져가기",
  lead: "가르친 것은 내 것이에요. 모델이 도는 곳이면 어디서나 돌아요.",
  nothing: "아직 가져갈 것이 없어요. 먼저 무언가를 가르쳐 보세요.",
  peft: "어댑터",
  peftSays: (size) => `${size}, 가르친 모델에 얹어 써요. 대부분의 프로그램이 읽는 PEFT 형식이에요.`,
  gguf: "llama.cpp용",
  ggufSays: "어댑터를 GGUF 파일 하나로 받아요. llama.cpp, Ollama, node-llama-cpp 등에서 써요.",
  merged: "모델 전체",
  mergedSays: (size) => `약 ${size}. 변화를 합친 모델이고, 전처럼 답하는지 확인해요. 다른 것이 필요 없어요.`,
  size: megabytes,
  download: "zip 내려받기",
  downloadFile: "파일 내려받기",
  making: "묶는 중…",
  merging: "합치고 확인하는 중…",
  progress: (done, total) => `약 ${megabytes(total)} 중 ${megabytes(done)}`,
  made: (name) => `${name} 파일을 내려받았어요.`,
  otherModel: (model) => `${model}용이에요. 먼저 그 모델을 열어 주세요.`,
  useIt: "쓰는 법",
  language: "예시의 언어",
  languages,
  copy: "복사",
  copied: "복사했어요.",
  notCopied: "브라우저가 복사를 허락하지 않아요. 글을 직접 골라 주세요.",
  failures,
};
