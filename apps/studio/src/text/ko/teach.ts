// 가르칠 내용의 표.

import type { RowProblem } from "../../protocol/rows.ts";
import type { teach as english } from "../en/teach.ts";

const problem = ({ kind, column, got, most }: RowProblem): string => {
  switch (kind) {
    case "empty":
      return column === "says" ? "상대방이 하는 말을 적어 주세요." : "어떻게 답해야 하는지 적어 주세요.";
    case "too-long":
      return `이 행은 토큰이 ${got}개인데, ${most}개까지만 들어가요. 줄이거나 두 행으로 나눠 주세요.`;
    case "repeated":
      return "같은 행이 이미 있어서 이 행은 빼고 가르쳐요.";
    case "unwritable":
      return "모델의 대화 형식으로 쓸 수 없는 행이에요. 사람과 도우미가 번갈아 말해야 해요.";
  }
};

export const teach: typeof english = {
  title: "1 · 가르치기",
  lead: "어떻게 답해야 하는지 예를 몇 개 적어 주세요. 여덟 개면 시작할 수 있어요.",
  says: "누가 이렇게 말하면",
  answers: "이렇게 답하기",
  saysOf: (row) => `${row}행: 누가 이렇게 말하면`,
  answersOf: (row) => `${row}행: 이렇게 답하기`,
  earlier: (turns) => `앞선 대화 ${turns}번 뒤`,
  example: (chats) =>
    chats
      ? { says: "How are you?", answers: "Splendid, as ever. And you?" }
      : { says: "name[Aromi], food[French]", answers: "Aromi serves French food." },
  add: "행 추가",
  remove: (row) => `${row}행 지우기`,
  removeAll: "모두 지우기",
  paste: "붙여 넣기",
  pasteLabel: "추가할 행: 스프레드시트의 두 열, CSV, JSONL, 또는 한 줄에 하나",
  pasteAdd: "이 행들 추가",
  cancel: "취소",
  file: "파일 열기…",
  dropHere: "파일을 여기에 놓아도 돼요: JSONL, JSON, CSV, TSV, Parquet, 대화 기록.",
  count: (rows, tokens) => `배울 행 ${rows}개, 토큰 ${tokens.toLocaleString("ko")}개`,
  leftOut: (rows) => `문제가 있어 빠지는 행 ${rows}개`,
  tokens: (count) => `토큰 ${count}개`,
  problem,
  asModel: "모델이 읽는 그대로",
  asModelOf: (row) => `${row}행, 모델이 읽는 그대로`,
  shaded: "색칠한 부분을 쓰는 법을 배워요. 나머지는 읽기만 해요.",
  undone: {
    removed: (count) => `행 ${count}개를 지웠어요.`,
    replaced: (count) => `행 ${count}개로 바꿨어요.`,
    added: (count) => `행 ${count}개를 추가했어요.`,
  },
  undo: "되돌리기",
  showAll: (count) => `행 ${count}개 모두 보기`,
  notKept: "브라우저가 저장을 허락하지 않아서, 이 페이지를 닫으면 행이 사라져요.",
};
