// Korean.

import type { PresetId } from "../presets/preset.ts";
import type { EngineName } from "../protocol/model.ts";
import type { RowProblem } from "../protocol/rows.ts";
import type { ShelfEntry } from "../protocol/shelf.ts";
import type { ShareProblem } from "../share/share-link.ts";
import { megabytes, snippetLanguages, type Texts } from "./english.ts";

/** 걸리는 시간. */
const duration = (seconds: number): string => {
  if (seconds < 1) return `${seconds.toFixed(2)}초`;
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)}초`;
  return seconds < 5400 ? `${Math.round(seconds / 60)}분` : `${(seconds / 3600).toFixed(1)}시간`;
};

const millions = (count: number) =>
  count < 1e8 ? `${Math.round(count / 1e4).toLocaleString("ko")}만` : `${(count / 1e8).toFixed(2)}억`;

const engineNames: Readonly<Record<EngineName, string>> = {
  webgpu: "GPU (WebGPU)",
  wasm: "프로세서 (WebAssembly)",
  cpu: "순수 JavaScript (느림)",
};

const modelFailures: Readonly<Record<string, string>> = {
  NO_NETWORK:
    "네트워크가 없거나 서버에 연결할 수 없어요. 이미 받은 부분은 남아 있으니, 네트워크가 돌아오면 다시 시도해 주세요.",
  DOWNLOAD_FAILED: "모델 파일을 제대로 받지 못했어요. 다시 시도해 주세요. 이미 받은 부분은 남아 있어요.",
  DEVICE_LOST:
    "브라우저가 GPU를 잃었어요. 다시 시도하거나 다른 엔진을 고르면 모델을 새로 열어요. 만든 것은 그대로 있어요.",
  TOKENIZER_MISSING:
    "이 모델에는 글을 숫자로 바꾸는 토크나이저가 없어요. tokenizer.json을 다른 파일과 함께 놓아 주세요.",
};

const rowProblem = ({ kind, column, got, max }: RowProblem): string => {
  switch (kind) {
    case "empty":
      return column === "says" ? "상대방이 하는 말을 적어 주세요." : "어떻게 답해야 하는지 적어 주세요.";
    case "too-long":
      return `이 행은 토큰이 ${got}개인데, ${max}개까지만 들어가요. 줄이거나 두 행으로 나눠 주세요.`;
    case "repeated":
      return "같은 행이 이미 있어서 이 행은 빼고 가르쳐요.";
    case "unwritable":
      return "모델의 대화 형식으로 쓸 수 없는 행이에요. 사람과 도우미가 번갈아 말해야 해요.";
  }
};

const presetNames: Readonly<Record<PresetId, string>> = {
  voice: "해적 말투",
  faq: "숙소의 답변",
  restaurants: "정보를 문장으로",
  questions: "보상으로 가르치기: 질문하기",
};

const presetLeads: Readonly<Record<PresetId, string>> = {
  voice: "일상적인 질문 열두 개에 해적이 답해요. 모델은 그 말투를 익혀서 다른 질문에도 그렇게 답해요.",
  faq: "어떤 모델도 알 수 없는 숙소 정보 열두 가지를, 각각 다섯 가지 방식으로 물어봐요.",
  restaurants:
    "식당 삼백 곳을 정보 목록과 문장으로 보여줘요. 모델은 주어진 정보만 빠짐없이 말하는 법을 배워요. 식당은 지어냈고, 문장은 E2E 챌린지(Novikova, Dušek, Rieser, 2017)를 따랐어요.",
  questions:
    "따라 배울 답이 없어요. 고칠 수 있는 짧은 함수가 모델이 쓴 글을 평가해요. 질문은 1점, 다른 문장은 0점이에요.",
};

const seconds = (count: number) =>
  count < 90 ? `약 ${Math.max(5, Math.round(count / 5) * 5)}초` : `약 ${Math.round(count / 60)}분`;

const linkProblems: Readonly<Record<ShareProblem, string>> = {
  damaged: "링크가 손상되었어요. 복사할 때 일부가 빠졌을 수 있으니 다시 받아 보세요. 원래 있던 예문은 그대로예요.",
  newer: "이 화면이 모르는 형식의 링크예요. 오래된 화면일 수 있으니 새로 고쳐 보세요. 원래 있던 예문은 그대로예요.",
  "too-large": "링크에 담기에는 너무 많아요. 예문을 줄이거나, 파일로 내려받아 보내 주세요.",
};

const origins: Readonly<Record<ShelfEntry["origin"], string>> = {
  trained: "여기서 가르침",
  dropped: "가져옴",
  mixed: "섞음",
};

const shelfFailures: Readonly<Record<string, string>> = {
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
  UNCOMBINABLE_ADAPTER: "이 둘은 더할 수 없어요. 하나가 보통 LoRA 어댑터가 아니에요(예: DoRA).",
};

const takeHomeFailures: Readonly<Record<string, string>> = {
  INEXPRESSIBLE_ADAPTER:
    "llama.cpp는 보통 LoRA 어댑터만 읽어요. 이 어댑터는 다른 종류이거나, llama.cpp가 지원하지 않는 모델용이에요. 모델 전체를 가져가 주세요.",
  STORAGE_FULL: "브라우저에 파일을 둘 공간이 없어요. 디스크를 비우고 다시 해 주세요.",
  TIED_WEIGHT: "모델이 두 번 쓰는 표를 바꾸는 어댑터라서 여기서는 합칠 수 없어요. 어댑터를 그대로 가져가 주세요.",
  UNMERGEABLE: "이런 어댑터는 가중치에 합칠 수 없어요. 어댑터를 그대로 가져가 주세요.",
  MERGE_VERIFICATION: "합친 모델의 답이 전과 달라서 파일을 만들지 않았어요. 어댑터를 그대로 가져가 주세요.",
};

export const korean: Texts = {
  page: {
    motto: "이 탭에서 언어 모델을 파인튜닝하세요. 데이터는 여기에 그대로 있어요.",
    language: "언어",
    skip: "본문으로 건너뛰기",
    undo: "되돌리기",
    broken: "스튜디오가 멈췄어요.",
    reload: "페이지 새로 고침",
    secondTab: "이 페이지가 다른 탭에도 열려 있어요. 두 탭이 같은 곳에 저장해서 나중 것만 남아요. 하나를 닫아 주세요.",
    nothingLost: "만든 것은 이 브라우저에 그대로 있어요.",
  },
  model: {
    heading: "모델과 엔진",
    models: "모델",
    tiny: "작은 모델",
    tinyNote: "페이지에 함께 들어 있고, 몇 초 만에 배워요",
    smollm2: "SmolLM2-135M",
    smollm2Note: "Hugging Face Hub의 진짜 대화 모델, 처음 한 번만 98 MB를 받아요",
    own: "내 모델",
    ownNote: "Hugging Face 폴더나 .gguf 파일을 여기에 놓아 주세요",
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
    memory: (bytes) => `학습하는 동안 메모리 약 ${megabytes(bytes)}`,
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
    change: "모델이나 엔진 바꾸기",
    moreThreads: "페이지를 다시 불러와 스레드 늘리기",
    failures: modelFailures,
  },
  drawing: {
    frozen: "고정",
    picture: (rank) =>
      `큰 회색 사각형 W에 얇은 띠 두 개의 곱을 더한 그림이에요. B는 너비가 ${rank}, A는 높이가 ${rank}이고, 띠만 학습해요.`,
    sentence:
      "모델의 가중치 W는 그대로 두고, 얇은 띠 두 개로 이루어진 작은 변화 B·A만 학습해요. 새로운 일을 배우는 데 필요한 변화는 몇 가지 방향이면 충분하기 때문이에요.",
    rank: (rank) => `랭크 ${rank}: 띠의 두께가 숫자 ${rank}개라서, 변화의 방향도 ${rank}가지예요.`,
    lit: (layers, blocks) => `블록 ${blocks}개에서 층 ${layers}개가 학습하고, 층마다 띠가 따로 있어요.`,
  },
  teach: {
    title: "1 · 가르치기",
    lead: "어떻게 답해야 하는지 예를 몇 개 적어 주세요. 여덟 개면 시작할 수 있어요.",
    says: "누가 이렇게 말하면",
    answers: "이렇게 답하기",
    saysOf: (row) => `${row}행: 누가 이렇게 말하면`,
    answersOf: (row) => `${row}행: 이렇게 답하기`,
    earlier: (turns) => `앞선 대화 ${turns}번 뒤`,
    example: (chats) =>
      chats
        ? { says: "예: How are you?", answers: "예: Splendid, as ever. And you?" }
        : { says: "예: name[Aromi], food[French]", answers: "예: Aromi serves French food." },
    add: "행 추가",
    remove: (row) => `${row}행 지우기`,
    removeAll: "모두 지우기",
    paste: "붙여 넣기",
    pasteLabel: "추가할 행: 스프레드시트의 두 열, CSV, JSONL, 또는 한 줄에 하나",
    pasteAdd: "이 행들 추가",
    cancel: "취소",
    file: "파일 열기…",
    dropHere: "파일을 여기에 놓아도 돼요: Excel (.xlsx), CSV, TSV, JSON, JSONL, Parquet.",
    count: (rows, tokens) => `배울 행 ${rows}개, 토큰 ${tokens.toLocaleString("ko")}개`,
    leftOut: (rows) => `문제가 있어 빠지는 행 ${rows}개`,
    othersAdded: (problem) => `나머지 행은 추가했어요. ${problem}`,
    correct: "여기서 고치기",
    leaveOut: "빼고 계속하기",
    template: "양식 시트 받기",
    tokens: (count) => `토큰 ${count}개`,
    problem: rowProblem,
    asModel: "모델이 읽는 그대로",
    asModelOf: (row) => `${row}행, 모델이 읽는 그대로`,
    shaded: "색칠한 부분을 쓰는 법을 배워요. 나머지는 읽기만 해요.",
    undone: {
      removed: (count) => `행 ${count}개를 지웠어요.`,
      replaced: (count) => `행 ${count}개로 바꿨어요.`,
      added: (count) => `행 ${count}개를 추가했어요.`,
    },
    showAll: (count) => `행 ${count}개 모두 보기`,
    notSaved: "브라우저가 저장을 허락하지 않아서, 이 페이지를 닫으면 행이 사라져요.",
  },
  adapt: {
    title: "2 · 맞추기",
    lead: "랭크, 층, 단계 수 등: 대개 그대로 두면 돼요.",
    rank: "랭크 – 띠의 너비",
    targets: "학습할 층",
    trainable: "학습할 매개변수",
    ofAll: (count, share) => `${count.toLocaleString("ko")}개 (${(100 * share).toFixed(share < 0.001 ? 3 : 2)} %)`,
    file: "어댑터 파일",
    memory: "학습하는 동안 메모리",
    step: "한 단계에 걸리는 시간",
    measuring: "재는 중…",
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
    start: "띠의 초기화",
    starts: {
      gaussian: "무작위 (가우스)",
      kaiming: "무작위 (Kaiming, PEFT 기본값)",
      pissa: "가중치의 가장 큰 방향에서 (PiSSA, 시작이 느림)",
      olora: "정규직교 방향에서 (OLoRA)",
      orthogonal: "직교",
    },
    reward: "보상 – 모델이 쓴 글을 평가하는 JavaScript 함수. 있으면 답을 따라 배우지 않습니다",
    dora: "DoRA – 크기와 방향을 따로 학습하기",
    reset: "처음 설정으로 되돌리기",
  },
  train: {
    title: "3 · 학습",
    train: "학습 시작",
    pause: "잠시 멈춤",
    continue: "계속",
    stop: "끝내기",
    barLabel: "학습",
    needsModel: "모델을 기다리는 중…",
    needsRows: "먼저 행을 하나 적어 주세요. 누가 하는 말과 그 답이면 돼요.",
    ready: (rows, steps) => `행 ${rows}개, ${steps}단계`,
    readyIn: (seconds) => `약 ${duration(seconds)}`,
    preparing: "먼저 원래 모델을 살펴보는 중…",
    pausing: "이 단계가 끝나면 멈춰요…",
    paused: "멈춰 있어요.",
    stopping: "이 단계가 끝나면 마쳐요…",
    progress: (step, steps) => `${steps}단계 중 ${step}단계`,
    left: (seconds) => `${duration(seconds)} 남음`,
    finished: (steps) => `${steps}단계를 마쳤어요. 어댑터는 “내 어댑터”에 있어요.`,
    stopped: (steps) =>
      steps === 0
        ? "첫 단계 전에 끝냈어요. 모든 것이 그대로예요."
        : `${steps}단계에서 끝냈어요. 배운 것은 “내 어댑터”에 있어요.`,
    failed: "학습하지 못했어요.",
    notSaved: "브라우저에 저장할 자리가 없어요. 학습은 계속되지만, 페이지를 닫으면 사라져요.",
    lost: (step) => `학습이 발산했어요. ${step}단계에서 손실이 처음보다 훨씬 커졌어요.`,
    goBack: (step, rate) => `${step}단계로 돌아가 학습률을 절반(${rate})으로`,
    beginAnew: (rate) => `절반의 학습률(${rate})로 다시 시작`,
    giveUp: "그만두기",
    unfinished: (name, step, steps) => `“${name}” 학습이 끊겼어요. ${steps}단계 중 ${step}단계까지 저장되어 있어요.`,
    resume: (step) => `${step}단계부터 계속`,
    otherModel: (model) => `${model}에서 배우던 것이에요. 계속하려면 그 모델을 열어 주세요.`,
    forget: "버리기",
    reward: "보상 – 단계별 평균",
    loss: "손실 – 맞는 답에 얼마나 놀라는지",
    chartMissing: "그래프를 불러오지 못했어요. 손실 값은 CSV에 있어요.",
    trainingLine: "학습 손실(부드럽게)",
    validationLine: "평가용 행",
    baseLine: "평가용 행에서 원래 모델",
    earlierLine: "이전 학습",
    log: "로그 눈금",
    savePng: "그림",
    saveCsv: "CSV",
    chartLabel: (first, last, step) => `단계별 손실: 처음 ${first}, ${step}단계에서 ${last}.`,
    hovered: (step, loss) => `${step}단계: ${loss}`,
    film: "같은 질문을 거듭해서",
    asked: "질문",
    base: "원래 모델",
    recordedBase: "원래 모델 (기록)",
    frame: (step) => `${step}단계`,
    pickFrame: "몇 단계의 답을 볼지",
    noAnswer: "(아무 말 없음)",
    said: {
      started: "학습을 시작했어요.",
      share: (percent, loss) => `${percent}퍼센트 마쳤어요, 손실 ${loss}.`,
      paused: "학습이 멈춰 있어요.",
    },
    defaultName: "내 어댑터",
  },
  trying: {
    title: "4 · 써 보기",
    lead: "두 모델에게 한꺼번에 물어보세요. 한쪽은 원래 모델, 다른 쪽은 가르친 모델이에요.",
    leadSingle: "이 모델은 한 줄씩만 답하고, 앞에서 한 말은 기억하지 못해요.",
    base: "원래 모델",
    adapted: "가르친 모델",
    adaptedBy: (name, strength) => `“${name}” 적용${strength === 1 ? "" : `, 세기 ${strength}`}`,
    noAdapter: "먼저 무언가를 가르치거나 “내 어댑터”에서 고르세요. 그러면 여기에서도 답해요.",
    you: "나",
    ask: "보낼 말",
    placeholderChat: "가르친 문장 그대로가 아닌 것을 물어보세요",
    placeholderPlain: "예: name[Aromi], food[French], area[riverside]",
    send: "보내기",
    stop: "멈추기",
    again: "다시 답하기",
    clear: "대화 지우기",
    cleared: "대화를 지웠어요.",
    stopped: "멈췄어요.",
    silent: "할 말이 없대요.",
    training: "학습이 끝나거나 멈추면 다시 답해요.",
    waiting: "쓰는 중…",
    answered: "둘 다 답했어요.",
    length: (tokens, max) => `${max}토큰 중 ${tokens}토큰`,
    tooLong: (tokens, max) =>
      `${tokens}토큰이에요. 이 모델은 ${max}토큰까지만 읽을 수 있어요. 줄여서 쓰거나 대화를 지워 주세요.`,
    legend: "밑줄 친 낱말은 가르친 뒤에 나올 가능성이 세 배 이상 커진 낱말이에요.",
    likelier: (times) =>
      times > 1000
        ? "나올 가능성이 1000배 넘게 커짐"
        : `나올 가능성이 ${times < 10 ? times.toFixed(1) : Math.round(times)}배`,
    strength: "세기",
    strengthNote: (strength) =>
      strength === 0
        ? "0: 원래 모델과 똑같아요"
        : strength === 1
          ? "1: 가르친 그대로예요"
          : `${strength}: 가르친 것보다 ${strength < 1 ? "약해요" : "세요"}`,
    more: "생성 설정",
    temperature: "온도(temperature)",
    temperatureNote: (temperature) => (temperature === 0 ? "0: 언제나 가장 그럴듯한 낱말" : `${temperature}`),
    topP: "Top-p: 확률의 합이 이만큼 되는 낱말 중에서만",
    maxNewTokens: "가장 긴 답(토큰)",
    seed: "시드",
    speed: (tokens) => `1초에 ${tokens < 10 ? tokens.toFixed(1) : Math.round(tokens)}토큰`,
    better: "어느 쪽이 나은가요?",
    votes: (won, of) => `내 투표: ${of}표 중 ${won}표가 가르친 모델`,
    whichSide: "보여 줄 답",
  },
  presets: {
    title: "예시",
    lead: "학습 전과 후를 기록했어요.",
    ownRows: "또는 내 데이터로 학습하기",
    names: presetNames,
    leads: presetLeads,
    asked: "질문",
    before: "가르치기 전",
    after: "가르친 후",
    another: "다른 예 보기",
    example: (number, of) => `예 ${of}개 중 ${number}번째`,
    score: (adapted, base, of) =>
      `배우지 않은 질문 ${of}개 가운데 ${adapted}개에 배운 대로 답했어요. 가르치기 전에는 ${base}개였어요.`,
    facts: (rows, time) => `예문 ${rows}개, ${seconds(time)} 걸려요.`,
    teach: "이걸 가르치기",
    loadAndTeach: (model, megabytes) => `${model}(${megabytes} MB) 불러와서 가르치기`,
    loading: (model) => `${model} 불러오는 중 …`,
    failed: (model) => `${model}을 불러오지 못해서 아무것도 가르치지 않았어요.`,
  },
  share: {
    title: "공유하기",
    lead: "예문과 설정, 전후의 답 하나가 링크 안에 들어 있어요. 아무것도 업로드하지 않고, 링크를 연 사람의 기기에서 학습해요.",
    copy: "링크 복사",
    copied: "링크를 복사했어요.",
    notCopied: "브라우저가 복사를 허락하지 않았어요. 링크를 선택해서 직접 복사해 주세요.",
    link: "이 예문과 설정의 링크",
    length: (characters) => `${characters}자`,
    long: "이렇게 긴 링크를 잘라 버리는 채팅 프로그램도 있어요.",
    picture: "그림으로 저장",
    pictureOf: "보여 줄 질문",
    noPicture: "먼저 학습해 주세요. 그림은 가르치기 전과 후의 답을 보여줘요.",
    opened: (rows, model) => `링크에서 예문 ${rows}개와 ${model}용 설정을 열었어요. 원래 있던 것은 되돌릴 수 있어요.`,
    undo: "내 것으로 되돌리기",
    keep: "이대로 쓰기",
    problems: linkProblems,
    card: { before: "가르치기 전", after: "가르친 후", asked: "질문", foot: "lowrank로 브라우저 탭에서 가르쳤어요" },
  },
  shelf: {
    title: "내 어댑터",
    lead: "하나하나가 가르친 것을 담은 작은 파일이에요. 고른 것이 대화에서 답해요.",
    list: "쓸 어댑터",
    name: "어댑터 이름",
    facts: ({ rank, bytes, origin }) => `랭크 ${rank} · ${megabytes(bytes)} · ${origins[origin]}`,
    made: (when) => new Date(when).toLocaleString("ko", { dateStyle: "medium", timeStyle: "short" }),
    otherModel: (model) => `${model}용이에요. 지금은 열려 있지 않아요`,
    remove: "지우기",
    removeOf: (name) => `${name} 지우기`,
    removed: (name) => `“${name}” 어댑터를 지웠어요.`,
    bringIn: "가져오기",
    drop: "어댑터의 zip이나 파일들을 여기에 놓거나",
    chooseFile: "파일 고르기…",
    hub: "Hugging Face Hub에서",
    hubPlaceholder: "소유자/이름",
    fetch: "받기",
    adding: "살펴보는 중…",
    added: (name) => `“${name}” 어댑터가 “내 어댑터”에 있어요.`,
    mix: "둘 섞기",
    mixNote: "두 변화를 더해 어댑터 하나로 만들어요. 예를 들면 말투에 지식을 더해요.",
    first: "이것과",
    second: "이것을",
    share: (first, second) => `${first} %와 ${second} %`,
    shareLabel: "둘째의 몫",
    mixName: (first, second) => `${first} + ${second}`,
    mixNow: "섞기",
    mixing: "섞는 중…",
    notSaved: "이 브라우저는 다음 방문까지 아무것도 남기지 않아요. 남기고 싶은 것은 내려받아 주세요.",
    failures: shelfFailures,
  },
  look: {
    title: "5 · 속 들여다보기",
    lead: "모델의 어디가, 몇 가지 방향으로 바뀌었는지 보여요. LoRA 논문 7절을 가르친 것으로 그린 거예요.",
    show: "바뀐 곳 보기",
    looking: "살펴보는 중…",
    heatMap: "층마다 가중치에 견주어 바뀐 정도",
    block: (block) => (block === undefined ? "블록 밖" : `블록 ${block}`),
    blocks: "블록",
    cell: (target, block, value) => `${target}, ${block}: ${value}`,
    legend: (min, max) => `${min} (옅음)에서 ${max} (짙음)까지`,
    keys: "화살표 키로 층 사이를 옮기고, Enter로 그 방향들을 보여요.",
    without: (count) => `층 ${count}개는 보이지 않아요. 거기서 어댑터가 하는 일은 가중치의 변화가 아니에요.`,
    directions: (target, block) => `${target}의 방향들, ${block}`,
    mattering: (rank, mattering) =>
      mattering === 0
        ? `랭크 ${rank}이지만 여기서는 배운 것이 없어요.`
        : `랭크 ${rank} 가운데 ${mattering}개가 중요해요. 방향 ${mattering}개에 변화의 90\u00a0%가 담겨 있어요.`,
    bars: (values) => `특이값, 큰 것부터: ${values.join(", ")}.`,
    compare: "견줄 어댑터",
    nobody: "다른 어댑터…",
    alike: (first, second, reads, writes) =>
      `“${first}”와 “${second}”는 보는 방향이 ${reads}, 쓰는 방향이 ${writes} 같아요.`,
    alikeNote:
      "우연만으로도 몇\u00a0%는 나오고, 100\u00a0%면 같은 것이에요. 같은 시드에서 시작한 어댑터들은 같은 방향을 보아요. 보는 쪽은 거의 움직이지 않고, 쓰는 쪽이 배운 것이에요.",
    alikeMap: "층마다 둘이 함께 쓰는 방향의 몫",
    nothingShared: "이 둘이 함께 바꾸는 층이 없어요.",
  },
  takeHome: {
    title: "6 · 가져가기",
    lead: "가르친 것은 내 것이에요. 모델이 도는 곳이면 어디서나 돌아요.",
    peft: "어댑터",
    peftNote: (size) => `${size}, 가르친 모델에 얹어 써요. 대부분의 프로그램이 읽는 PEFT 형식이에요.`,
    gguf: "llama.cpp용",
    ggufNote: "어댑터를 GGUF 파일 하나로 받아요. llama.cpp, Ollama, node-llama-cpp 등에서 써요.",
    merged: "모델 전체",
    mergedNote: (size) => `약 ${size}. 변화를 합친 모델이고, 전처럼 답하는지 확인해요. 다른 것이 필요 없어요.`,
    download: "zip 내려받기",
    downloadFile: "파일 내려받기",
    making: "묶는 중…",
    merging: "합치고 확인하는 중…",
    progress: (done, total) => `약 ${megabytes(total)} 중 ${megabytes(done)}`,
    made: (name) => `${name} 파일을 내려받았어요.`,
    otherModel: (model) => `${model}용이에요. 먼저 그 모델을 열어 주세요.`,
    useIt: "쓰는 법",
    language: "예시의 언어",
    languages: { ...snippetLanguages, terminal: "터미널", web: "웹 페이지" },
    copy: "복사",
    copied: "복사했어요.",
    notCopied: "브라우저가 복사를 허락하지 않아요. 글을 직접 골라 주세요.",
    failures: takeHomeFailures,
  },
};
