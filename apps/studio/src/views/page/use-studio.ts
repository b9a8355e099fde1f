// How views reach the page's state.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Studio } from "../../state/studio.ts";

export const StudioContext = createContext<Studio | undefined>(undefined);

export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (studio === undefined) throw new Error("A view stands outside the page: there is no StudioContext around it.");
  return studio;
}
