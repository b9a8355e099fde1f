// The page's frame.

export const page = {
  title: "lowrank studio",
  motto: "Teach a language model in this tab. Nothing leaves it.",
  language: "Language",
  skip: "Skip to the content",
  broken: "The studio has stopped working.",
  reload: "Reload the page",
  nothingLost: "What you made is kept in this browser.",
  sampleCredit: "Restaurant facts: E2E NLG challenge (Novikova, Dušek and Rieser, 2017), CC BY-SA 4.0.",
};
