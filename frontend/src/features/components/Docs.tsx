import Markdown from "react-markdown";
import remarkGfm from "remark-gfm";
import "./docs.css";

/** A component's docs, written in Markdown. Raw HTML in them is shown as text, never run. */
export default function Docs({ text }: { text: string }) {
  return (
    <div className="docs">
      <Markdown remarkPlugins={[remarkGfm]}>{text}</Markdown>
    </div>
  );
}
