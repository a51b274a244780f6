import {
  ArrowDownUp, ArrowRightLeft, BadgeCheck, Bell, BellRing, Binary, Blocks, Bot, Box, Boxes, Braces,
  Brain, BrainCircuit, Calculator, Calendar, ChartBar, ChartColumn, ChartLine, ChartNoAxesColumn,
  ChartPie, ChartScatter, CircleCheck, ClipboardCheck, ClipboardList, Clock, Cloud, CloudDownload,
  CloudUpload, Code, CodeXml, Columns3, Combine, Cpu, Crosshair, Database, DatabaseZap, Dices,
  Download, Eraser, FileArchive, FileBox, FileChartColumn, FileCode, FileDown, FileImage, FileInput,
  FileJson, FileOutput, FilePlus, FileSpreadsheet, FileText, FileUp, Filter, Fingerprint, FlaskConical,
  Folder, FolderOpen, FunctionSquare, Gauge, GitBranch, GitCompare, GitFork, GitMerge, Globe, Group,
  HardDriveDownload, Hash, History, Hourglass, Image, Info, Key, Languages, Layers, Library, Lightbulb,
  Link, List, ListChecks, ListFilter, ListOrdered, ListPlus, ListX, Mail, Map, Medal, Merge, MessageSquare,
  Microscope, Network, Newspaper, Package, Pencil, PieChart, Play, Plug, Regex, Repeat, Replace, Rows3,
  Ruler, Save, Scale, Scissors, ScissorsLineDashed, Search, Send, Server, Shapes, Share2, Shield, Shuffle,
  Sigma, SlidersHorizontal, Sparkles, Split, SquareFunction, SquareTerminal, Star, Table, Table2,
  TableProperties, Tag, Target, Terminal, TestTube, Text, Timer, ToggleLeft, Trash2, TrendingUp, Trophy,
  Type, Ungroup, Upload, User, Users, WandSparkles, Waypoints, Webhook, WholeWord, Workflow, Wrench, Zap,
  type LucideIcon,
} from "lucide-react";

/** The icons that a component may name; a bundle of all of Lucide would be larger than the app. */
const ICONS: Record<string, LucideIcon> = {
  ArrowDownUp, ArrowRightLeft, BadgeCheck, Bell, BellRing, Binary, Blocks, Bot, Box, Boxes, Braces,
  Brain, BrainCircuit, Calculator, Calendar, ChartBar, ChartColumn, ChartLine, ChartNoAxesColumn,
  ChartPie, ChartScatter, CircleCheck, ClipboardCheck, ClipboardList, Clock, Cloud, CloudDownload,
  CloudUpload, Code, CodeXml, Columns3, Combine, Cpu, Crosshair, Database, DatabaseZap, Dices,
  Download, Eraser, FileArchive, FileBox, FileChartColumn, FileCode, FileDown, FileImage, FileInput,
  FileJson, FileOutput, FilePlus, FileSpreadsheet, FileText, FileUp, Filter, Fingerprint, FlaskConical,
  Folder, FolderOpen, FunctionSquare, Gauge, GitBranch, GitCompare, GitFork, GitMerge, Globe, Group,
  HardDriveDownload, Hash, History, Hourglass, Image, Info, Key, Languages, Layers, Library, Lightbulb,
  Link, List, ListChecks, ListFilter, ListOrdered, ListPlus, ListX, Mail, Map, Medal, Merge, MessageSquare,
  Microscope, Network, Newspaper, Package, Pencil, PieChart, Play, Plug, Regex, Repeat, Replace, Rows3,
  Ruler, Save, Scale, Scissors, ScissorsLineDashed, Search, Send, Server, Shapes, Share2, Shield, Shuffle,
  Sigma, SlidersHorizontal, Sparkles, Split, SquareFunction, SquareTerminal, Star, Table, Table2,
  TableProperties, Tag, Target, Terminal, TestTube, Text, Timer, ToggleLeft, Trash2, TrendingUp, Trophy,
  Type, Ungroup, Upload, User, Users, WandSparkles, Waypoints, Webhook, WholeWord, Workflow, Wrench, Zap,
};

/** `table-2` is Table2, `chart-no-axes-column` is ChartNoAxesColumn. */
const byName = new globalThis.Map(
  Object.entries(ICONS).map(([name, icon]) => [name.toLowerCase(), icon]),
);

export function iconNamed(name: string): LucideIcon {
  return byName.get(name.replaceAll("-", "").toLowerCase()) ?? Box;
}

const TINTS: Record<string, string> = {
  data: "bg-accent-soft text-accent",
  ml: "bg-violet-soft text-violet",
  text: "bg-success-soft text-success",
  notify: "bg-warning-soft text-warning",
};

export interface ComponentIconProps {
  icon: string;
  /** Gives the tile its tint: the namespace `ml` or `text`, and so on. */
  namespace?: string;
  size?: "sm" | "md";
}

/** A component's icon on a tinted tile. Decoration: the name stands beside it. */
export function ComponentIcon({ icon, namespace = "core", size = "md" }: ComponentIconProps) {
  const Icon = iconNamed(icon);
  const tint = TINTS[namespace === "core" ? "data" : namespace] ?? "bg-neutral-soft text-neutral";
  const box = size === "sm" ? "size-6 [&_svg]:size-3.5" : "size-8 [&_svg]:size-4";
  return (
    <span className={`inline-flex shrink-0 items-center justify-center rounded-md ${tint} ${box}`} aria-hidden>
      <Icon strokeWidth={1.9} />
    </span>
  );
}
