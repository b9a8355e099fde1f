// The page's frame.

export const page = {
  title: "lowrank studio",
  motto: "Teach a language model in this tab. Nothing leaves it.",
  language: "Language",
  skip: "Skip to the content",
  broken: "The studio has stopped working.",
  reload: "Reload the page",
  nothingLost: "What you made is kept in this browser.",
  credit:
    "The places in the restaurant preset are made up; their facts are written as in the E2E challenge (Novikova, Dušek and Rieser, 2017).",
};
