// Links and pictures to give away.

import type { ShareProblem } from "../../share/share-link-error.ts";

const problems: Readonly<Record<ShareProblem, string>> = {
  damaged:
    "This link is damaged: a part of it may have been lost when it was copied. Ask for it again. Your own rows are as they were.",
  newer:
    "This link has a form that this page does not know. Reload the page, in case it is an old one. Your own rows are as they were.",
  "too-large": "This is too much for a link. Share fewer or shorter rows, or download them as a file.",
};

export const share = {
  title: "Share",
  lead: "The link holds your rows and settings itself. Nothing is uploaded: who opens it trains on their own machine.",
  copy: "Copy the link",
  copied: "The link is in your clipboard.",
  notCopied: "The browser did not allow copying. Select the link and copy it yourself.",
  link: "Link to these rows and settings",
  length: (characters: number) => `${characters} characters`,
  long: "Some chat programs cut links as long as this one.",
  picture: "Download a picture",
  pictureLead: "A card that shows one prompt before and after.",
  noPicture: "Train first: the picture shows a prompt before and after.",
  opened: (rows: number) =>
    `Opened from a link: ${rows} rows with their settings. What was here before can be had back.`,
  undo: "Have mine back",
  keep: "Keep these",
  problems,
  card: { before: "Before", after: "After", asked: "Asked", foot: "Taught in a browser tab with lowrank" },
};
