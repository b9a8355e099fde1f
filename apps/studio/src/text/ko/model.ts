// 위쪽 막대: 모델과 엔진.

import type { EngineName } from "../../protocol/model.ts";
import type { model as english } from "../en/model.ts";

const millions = (count: number) =>
  count < 1e8 ? `${Math.round(count / 1e4).toLocaleString("ko")}만` : `${(count / 1e8).toFixed(2)}억`;
const megabytes = (bytes: number) => (bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

const engineNames: Readonly<Record<EngineName, string>> = {
  webgpu: "그래픽 카드 (WebGPU)",
  wasm: "프로세서 (WebAssembly)",
  cpu: "순수 JavaScript (느림)",
};

const failures: Readonly<Record<string, string>> = {
  NO_NETWORK:
    "네트워크가 없거나 서버에 연결할 수 없어요. 이미 받은 부분은 남아 있으니, 네트워크가 돌아오면 다시 시도해 주세요.",
  DOWNLOAD_FAILED: "모델 파일을 제대로 받지 못했어요. 다시 시도해 주세요. 이미 받은 부분은 남아 있어요.",
  DEVICE_LOST:
    "브라우저가 그래픽 카드를 거두어 갔어요. 다시 시도하거나 다른 엔진을 고르면 모델을 새로 열어요. 만든 것은 그대로 있어요.",
  TOKENIZER_MISSING:
    "이 모델에는 글을 숫자로 바꾸는 토크나이저가 없어요. tokenizer.json을 다른 파일과 함께 놓아 주세요.",
};

export const model: typeof english = {
  heading: "모델과 엔진",
  models: "모델",
  tiny: "작은 모델",
  tinySays: "페이지에 함께 들어 있고, 몇 초 만에 배워요",
  smollm2: "SmolLM2-135M",
  smollm2Says: "Hugging Face Hub의 진짜 대화 모델, 처음 한 번만 98 MB를 받아요",
  own: "내 모델",
  ownSays: "Hugging Face 폴더나 .gguf 파일을 여기에 놓아 주세요",
  chooseFiles: "파일 고르기…",
  chooseFolder: "폴더 고르기…",
  ownFormats:
    "config.json, .safetensors, tokenizer.json이 든 폴더나 그 파일들, 또는 .gguf 파일 하나면 돼요. 파일은 이 기기를 떠나지 않아요.",
  starting: "시작하는 중…",
  weighing: "모델을 살펴보는 중…",
  loading: "모델을 불러오는 중…",
  downloaded: (done, total) => `${(total / 1e6).toFixed(0)} MB 중 ${(done / 1e6).toFixed(0)} MB`,
  loaded: (share) => `읽는 중, ${Math.round(100 * share)} %`,
  parameters: (count) => `매개변수 ${millions(count)} 개`,
  toDownload: (bytes) => (bytes === 0 ? "이미 이 기기에 있음" : `읽을 양 ${megabytes(bytes)}`),
  memory: (bytes) => `128토큰짜리 행 여덟 개를 한꺼번에 학습하는 동안 메모리 약 ${megabytes(bytes)}`,
  load: "불러오기",
  notNow: "나중에",
  ready: (name) => `${name}: 준비됐어요.`,
  engine: "계산하는 곳",
  engineNames,
  threads: (count) => `스레드 ${count}개`,
  why: "왜 이 엔진인가요?",
  notUsed: (name, reason) => `쓰지 않는 엔진 – ${engineNames[name]}: ${reason}.`,
  bestUsed: "여기서 쓸 수 있는 것 가운데 가장 빨라요.",
  oneThread:
    "스레드 하나로 계산해요. 여러 스레드를 쓰려면 서버가 이 페이지를 다른 페이지와 격리해야 하고, 기기의 코어도 넉넉해야 해요.",
  engineFailed: (name) => `이 엔진은 여기서 시작되지 않아서, 쓰던 엔진(${name})으로 계속해요.`,
  slow: "20초 동안 아무것도 오지 않았어요. 네트워크를 확인해 주세요. 페이지를 다시 불러와도 만든 것은 사라지지 않아요.",
  retry: "다시 시도",
  moreThreads: "페이지를 다시 불러와 스레드 늘리기",
  failures,
};
