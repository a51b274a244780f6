import type { ReactNode } from "react";
import { Notice } from "./Notice";
import { Spinner } from "./Spinner";

/** The part of a query's state that is needed to show it; TanStack Query's result fits. */
export interface Loadable<T> {
  data: T | undefined;
  error: Error | null;
  isFetching: boolean;
  refetch: () => unknown;
}

export interface LoadedProps<T> {
  query: Loadable<T>;
  /** What is being read, as in "The runs could not be read". */
  what: string;
  children: (data: T) => ReactNode;
}

/** Shows data; before it is there a sign of life, and what can be done when it does not come. */
export function Loaded<T>({ query, what, children }: LoadedProps<T>) {
  const { data, error, isFetching, refetch } = query;
  const again = () => void refetch();
  if (data === undefined) {
    if (!error || isFetching)
      return (
        <div className="flex justify-center p-10">
          <Spinner label="Loading…" />
        </div>
      );
    return (
      <div className="p-4">
        <Notice tone="danger" title={`${capital(what)} could not be read`} onRetry={again}>
          {error.message}
        </Notice>
      </div>
    );
  }
  return (
    <>
      {error && (
        <div className="px-4 pt-3">
          <Notice tone="warning" title={`${capital(what)} may be out of date`} onRetry={again} retrying={isFetching}>
            {error.message}
          </Notice>
        </div>
      )}
      {children(data)}
    </>
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
