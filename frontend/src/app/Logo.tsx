/** A pipe that brings water down to a wheel. */
export function Logo() {
  return (
    <svg viewBox="0 0 24 24" className="size-5 text-accent" fill="none" aria-hidden>
      <path d="M3 5h5c3 0 3.5 3 4.5 6.5" stroke="currentColor" strokeWidth="3.2" strokeLinecap="round" />
      <circle cx="15" cy="16" r="5" stroke="currentColor" strokeWidth="2.4" />
      <path d="M15 12.6v6.8M11.6 16h6.8" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
    </svg>
  );
}
