import { Database, Globe, type LucideIcon, MessageSquare, Plug } from "lucide-react";

const ICONS: Record<string, LucideIcon> = { database: Database, globe: Globe, "message-square": MessageSquare };

/** What a type of connections looks like. */
export function TypeIcon({ icon }: { icon: string }) {
  const Icon = ICONS[icon] ?? Plug;
  return <Icon className="size-4 shrink-0 text-muted" aria-hidden />;
}
