/** The document for React: one store per open editor, read by selectors. */
import { createContext, useContext } from "react";
import { useStore } from "zustand";

import type { DocumentState, DocumentStore } from "./store";

const Context = createContext<DocumentStore | null>(null);

export const DocumentProvider = Context.Provider;

export function useDocumentStore(): DocumentStore {
  const store = useContext(Context);
  if (!store) throw new Error("The document is read outside of DocumentProvider.");
  return store;
}

export function useDocument<T>(select: (state: DocumentState) => T): T {
  return useStore(useDocumentStore(), select);
}
