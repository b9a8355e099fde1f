// 나눠 줄 링크와 그림.

import type { ShareProblem } from "../../share/share-link-error.ts";
import type { share as english } from "../en/share.ts";

const problems: Readonly<Record<ShareProblem, string>> = {
  damaged: "링크가 손상되었어요. 복사할 때 일부가 빠졌을 수 있으니 다시 받아 보세요. 원래 있던 예문은 그대로예요.",
  newer: "이 화면이 모르는 형식의 링크예요. 오래된 화면일 수 있으니 새로 고쳐 보세요. 원래 있던 예문은 그대로예요.",
  "too-large": "링크에 담기에는 너무 많아요. 예문을 줄이거나, 파일로 내려받아 보내 주세요.",
};

export const share: typeof english = {
  title: "공유하기",
  lead: "예문과 설정이 링크 안에 들어 있어요. 아무것도 업로드하지 않고, 링크를 연 사람의 기기에서 학습해요.",
  copy: "링크 복사",
  copied: "링크를 복사했어요.",
  notCopied: "브라우저가 복사를 허락하지 않았어요. 링크를 선택해서 직접 복사해 주세요.",
  link: "이 예문과 설정의 링크",
  length: (characters) => `${characters}자`,
  long: "이렇게 긴 링크를 잘라 버리는 채팅 프로그램도 있어요.",
  picture: "그림으로 저장",
  pictureLead: "질문 하나에 대한 가르치기 전과 후의 답을 보여주는 카드예요.",
  noPicture: "먼저 학습해 주세요. 그림은 가르치기 전과 후의 답을 보여줘요.",
  opened: (rows) => `링크에서 예문 ${rows}개와 설정을 열었어요. 원래 있던 것은 되돌릴 수 있어요.`,
  undo: "내 것으로 되돌리기",
  keep: "이대로 쓰기",
  problems,
  card: { before: "가르치기 전", after: "가르친 후", asked: "질문", foot: "lowrank로 브라우저 탭에서 가르쳤어요" },
};
