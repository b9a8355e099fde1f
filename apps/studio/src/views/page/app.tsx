// The page from top to bottom: on a phone one below the other in this order, on wide screens in two columns.

import { type LanguageName, languageNames } from "../../text/texts.ts";
import { AdaptCard } from "../adapt/adapt-card.tsx";
import { Look } from "../look/look.tsx";
import { PresetList } from "../presets/preset-list.tsx";
import { OpenedLink, ShareCard } from "../share/share-card.tsx";
import { Shelf } from "../shelf/shelf.tsx";
import { TakeHome } from "../take-home/take-home.tsx";
import { TeachCard } from "../teach/teach-card.tsx";
import { TopBar } from "../top-bar/top-bar.tsx";
import { TrainCard } from "../train/train-card.tsx";
import { Try } from "../try/try.tsx";
import { useStudio } from "./use-studio.ts";

export function App() {
  const { text, announcement, share, isSecondTab } = useStudio();
  const { page } = text.value;
  return (
    <>
      <a class="skip" href="#content">
        {page.skip}
      </a>
      <header class="top">
        <h1>
          lowrank <span>studio</span>
        </h1>
        <div class="row">
          {share.hasContent && <a href="#share">{text.value.share.title}</a>}
          <LanguageChoice />
        </div>
      </header>
      <Breakdown />
      {isSecondTab.value && (
        <p class="failure" role="alert">
          {page.secondTab}
        </p>
      )}
      <OpenedLink />
      <main id="content" tabIndex={-1}>
        {/* A slice a line. */}
        <PresetList />
        <TopBar />
        <div class="column">
          <TeachCard />
          <AdaptCard />
        </div>
        <div class="column">
          <TrainCard />
          <Try />
          <Shelf />
        </div>
        <Look />
        <TakeHome />
        <ShareCard />
      </main>
      <p class="unseen" role="status">
        {announcement.value}
      </p>
    </>
  );
}

function Breakdown() {
  const { broken, text } = useStudio();
  const { page } = text.value;
  if (broken.value === undefined) return null;
  return (
    <div class="failure" role="alert">
      <strong>{page.broken}</strong> {broken.value} {page.nothingLost}{" "}
      <button type="button" onClick={() => location.reload()}>
        {page.reload}
      </button>
    </div>
  );
}

function LanguageChoice() {
  const studio = useStudio();
  const { language, text } = studio;
  return (
    <label class="inline">
      <span class="unseen">{text.value.page.language}</span>
      <select
        value={language.value}
        onChange={({ currentTarget }) => void studio.speak(currentTarget.value as LanguageName)}
      >
        {Object.entries(languageNames).map(([name, own]) => (
          <option key={name} value={name} lang={name}>
            {own}
          </option>
        ))}
      </select>
    </label>
  );
}
