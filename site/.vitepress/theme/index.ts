import elk from '@mermaid-js/layout-elk'
import mermaid from 'mermaid'
import theme from 'vitepress/theme'
import './labels.css'

// The machines have boxes in boxes: a layout that knows hierarchy keeps their labels apart.
mermaid.registerLayoutLoaders(elk)

export default theme
