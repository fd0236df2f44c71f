//! Where a text of a run is seen, in the words of alarms.

use distri_core::alarm::AlarmRule;

/// Where a text is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// What a handler prints.
    Console,
    /// What a tool gives back.
    ToolResult,
    /// What an upstream answers to an HTTP tool. The broker puts the placeholder where an upstream repeats the value, so
    /// a placeholder of the run itself says nothing here.
    Reply,
    /// Why a tool failed or did not load.
    ToolError,
    /// Name, description or schema of a tool.
    ToolDescription,
    /// What a model gives a tool.
    ToolInput,
    /// What a model says.
    ModelText,
    /// What a model is told at the beginning.
    Prompt,
    /// What a run ends with.
    Answer,
    /// Anything else that is told of a run.
    Notice,
    /// What a command writes to standard output, or to its terminal.
    StandardOutput,
    /// What a command writes to standard error.
    StandardError,
    /// A record of the process's own log.
    Log,
}

impl Place {
    /// The words in records and on screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::ToolResult => "tool result",
            Self::Reply => "reply to a tool",
            Self::ToolError => "tool error",
            Self::ToolDescription => "description of a tool",
            Self::ToolInput => "tool input",
            Self::ModelText => "text of the model",
            Self::Prompt => "prompt",
            Self::Answer => "answer",
            Self::Notice => "notice",
            Self::StandardOutput => "standard output",
            Self::StandardError => "standard error",
            Self::Log => "log",
        }
    }

    /// Which rule a placeholder of the run itself breaks here.
    pub(super) fn rule(self) -> Option<AlarmRule> {
        match self {
            Self::Reply => None,
            Self::ToolInput | Self::ModelText | Self::Prompt => Some(AlarmRule::ModelMessage),
            Self::Log => Some(AlarmRule::Log),
            Self::Console
            | Self::ToolResult
            | Self::ToolError
            | Self::ToolDescription
            | Self::Answer
            | Self::Notice
            | Self::StandardOutput
            | Self::StandardError => Some(AlarmRule::Output),
        }
    }
}
