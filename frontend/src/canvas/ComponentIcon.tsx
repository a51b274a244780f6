import {
  AlarmClock, ArrowDownUp, ArrowRightLeft, ArrowUpDown, Award, BadgeCheck, Bell, BellRing, BetweenVerticalStart,
  Binary, Blocks, BookOpen, BookText, Bot, Box, Boxes, Braces, Brain, BrainCircuit, Bug, Cable,
  Calculator, Calendar, CalendarClock, ChartArea, ChartBar, ChartCandlestick, ChartColumn, ChartGantt,
  ChartLine, ChartNetwork, ChartNoAxesColumn, ChartPie, ChartScatter, ChartSpline, CircleCheck,
  CircleSlash, ClipboardCheck, ClipboardList, ClipboardPen, Clock, Cloud, CloudCog, CloudDownload,
  CloudUpload, Code, CodeXml, Cog, Columns3, Combine, Compass, Component, Container, Copy, CopyMinus, Cpu,
  Crosshair, Database, DatabaseBackup, DatabaseZap, Dices, Diff, Download, Eraser, Eye, FileArchive,
  FileBox, FileChartColumn, FileClock, FileCode, FileDiff, FileDown, FileImage, FileInput, FileJson, FileOutput,
  FilePlus, FileSearch, FileSpreadsheet, FileText, FileType2, FileUp, Files, Filter, Fingerprint, Flag,
  FlaskConical, Folder, FolderInput, FolderOpen, FolderOutput, FunctionSquare, Gauge, GitBranch,
  GitCompare, GitFork, GitMerge, Globe, Grid3x3, Group, HandCoins, HardDriveDownload, Hash, Heading,
  Heart, Highlighter, History, Hourglass, House, Image, Inbox, Infinity, Info, Key, Keyboard, Languages,
  Laptop, Layers, LayoutGrid, Library, Lightbulb, Link, List, ListChecks, ListFilter, ListOrdered,
  ListPlus, ListTree, ListX, Lock, Mail, Map, Medal, Megaphone, Merge, MessageSquare, Mic, Microscope,
  Monitor, Music, Network, Newspaper, NotebookPen, Package, PaintBucket, Palette, Paperclip, Pencil,
  Percent, Phone, PieChart, Pipette, Play, Plug, Power, Printer, QrCode, Quote, Radar, Radio, RefreshCw,
  Regex, Repeat, Replace, Rocket, Route, Rows3, Rss, Ruler, Satellite, Save, Scale, ScanText, Scissors,
  ScissorsLineDashed, ScrollText, Search, Send, Server, Settings, Shapes, Share2, Sheet, Shield,
  ShieldCheck, ShoppingCart, Shuffle, Sigma, Signature, Signpost, Siren, SlidersHorizontal, Smile, Snowflake,
  Sparkles, Spline, Split, SquareCode, SquareFunction, SquareTerminal, Star, Sun, Table, Table2,
  TableProperties, Tag, Target, Terminal, TestTube, Text, Thermometer, ThumbsUp, Timer, ToggleLeft,
  ToyBrick, Trash2, TrendingUp, Trophy, Truck, Type, Ungroup, Upload, User, UserCheck, Users, Variable, Video,
  Wallet, WandSparkles, Waypoints, Webhook, Weight, WholeWord, Wifi, Wind, Workflow, Wrench, Zap,
  type LucideIcon,
} from "lucide-react";

/** The icons that a component may name; a bundle of all of Lucide would be larger than the app. */
const ICONS: Record<string, LucideIcon> = {
  AlarmClock, ArrowDownUp, ArrowRightLeft, ArrowUpDown, Award, BadgeCheck, Bell, BellRing, BetweenVerticalStart,
  Binary, Blocks, BookOpen, BookText, Bot, Box, Boxes, Braces, Brain, BrainCircuit, Bug, Cable,
  Calculator, Calendar, CalendarClock, ChartArea, ChartBar, ChartCandlestick, ChartColumn, ChartGantt,
  ChartLine, ChartNetwork, ChartNoAxesColumn, ChartPie, ChartScatter, ChartSpline, CircleCheck,
  CircleSlash, ClipboardCheck, ClipboardList, ClipboardPen, Clock, Cloud, CloudCog, CloudDownload,
  CloudUpload, Code, CodeXml, Cog, Columns3, Combine, Compass, Component, Container, Copy, CopyMinus, Cpu,
  Crosshair, Database, DatabaseBackup, DatabaseZap, Dices, Diff, Download, Eraser, Eye, FileArchive,
  FileBox, FileChartColumn, FileClock, FileCode, FileDiff, FileDown, FileImage, FileInput, FileJson, FileOutput,
  FilePlus, FileSearch, FileSpreadsheet, FileText, FileType2, FileUp, Files, Filter, Fingerprint, Flag,
  FlaskConical, Folder, FolderInput, FolderOpen, FolderOutput, FunctionSquare, Gauge, GitBranch,
  GitCompare, GitFork, GitMerge, Globe, Grid3x3, Group, HandCoins, HardDriveDownload, Hash, Heading,
  Heart, Highlighter, History, Hourglass, House, Image, Inbox, Infinity, Info, Key, Keyboard, Languages,
  Laptop, Layers, LayoutGrid, Library, Lightbulb, Link, List, ListChecks, ListFilter, ListOrdered,
  ListPlus, ListTree, ListX, Lock, Mail, Map, Medal, Megaphone, Merge, MessageSquare, Mic, Microscope,
  Monitor, Music, Network, Newspaper, NotebookPen, Package, PaintBucket, Palette, Paperclip, Pencil,
  Percent, Phone, PieChart, Pipette, Play, Plug, Power, Printer, QrCode, Quote, Radar, Radio, RefreshCw,
  Regex, Repeat, Replace, Rocket, Route, Rows3, Rss, Ruler, Satellite, Save, Scale, ScanText, Scissors,
  ScissorsLineDashed, ScrollText, Search, Send, Server, Settings, Shapes, Share2, Sheet, Shield,
  ShieldCheck, ShoppingCart, Shuffle, Sigma, Signature, Signpost, Siren, SlidersHorizontal, Smile, Snowflake,
  Sparkles, Spline, Split, SquareCode, SquareFunction, SquareTerminal, Star, Sun, Table, Table2,
  TableProperties, Tag, Target, Terminal, TestTube, Text, Thermometer, ThumbsUp, Timer, ToggleLeft,
  ToyBrick, Trash2, TrendingUp, Trophy, Truck, Type, Ungroup, Upload, User, UserCheck, Users, Variable, Video,
  Wallet, WandSparkles, Waypoints, Webhook, Weight, WholeWord, Wifi, Wind, Workflow, Wrench, Zap,
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
  pipeline: "bg-info-soft text-info",
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
