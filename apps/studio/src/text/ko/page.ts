// 화면의 틀.

import type { page as english } from "../en/page.ts";

export const page: typeof english = {
  title: "lowrank 스튜디오",
  motto: "이 탭 안에서 언어 모델을 가르쳐 보세요. 아무것도 밖으로 나가지 않아요.",
  language: "언어",
  skip: "본문으로 건너뛰기",
  broken: "스튜디오가 멈췄어요.",
  reload: "페이지 새로 고침",
  nothingLost: "만든 것은 이 브라우저에 그대로 있어요.",
  credit:
    "식당 예문에 나오는 곳은 지어낸 곳이고, 정보를 적는 방식은 E2E challenge(Novikova, Dušek, Rieser, 2017)를 따랐어요.",
};
