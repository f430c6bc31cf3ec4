"""Bodies of Gemini's formats with everything in them that is translated."""

from typing import Any

SCHEMA = {"type": "object", "properties": {"parcel": {"type": "string"}}, "required": ["parcel"]}

REQUEST: dict[str, Any] = {
    "systemInstruction": {"parts": [{"text": "Be short."}]},
    "contents": [
        {
            "role": "user",
            "parts": [
                {"text": "Where is it?"},
                {"inlineData": {"mimeType": "image/png", "data": "iVBORw0K-_8="}},
                {"fileData": {"mimeType": "application/pdf", "fileUri": "https://files.example/a.pdf"}},
            ],
        },
        {
            "role": "model",
            "parts": [
                {"text": "They want the parcel.", "thought": True, "thoughtSignature": "c2ln"},
                {"functionCall": {"name": "track", "args": {"parcel": "P-7"}}, "thoughtSignature": "c2lnMg=="},
                {"functionCall": {"name": "track", "args": {"parcel": "P-8"}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "track", "response": {"output": "in transit"}}},
                {"functionResponse": {"name": "track", "response": {"error": "unknown parcel"}}},
            ],
        },
    ],
    "tools": [
        {"functionDeclarations": [{"name": "track", "description": "Finds.", "parametersJsonSchema": SCHEMA}]},
        {"functionDeclarations": [{"name": "stop"}]},
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["track"]}},
    "generationConfig": {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "maxOutputTokens": 100,
        "stopSequences": ["END"],
        "seed": 7,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "responseMimeType": "application/json",
        "responseJsonSchema": SCHEMA,
        "thinkingConfig": {"thinkingBudget": 2048, "includeThoughts": True},
    },
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    "labels": {"team": "shop"},
}

REPLY: dict[str, Any] = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [
                    {"text": "Looking.", "thought": True},
                    {"text": "One moment."},
                    {"functionCall": {"name": "track", "args": {"parcel": "P-7"}}, "thoughtSignature": "c2ln"},
                ],
            },
            "finishReason": "STOP",
            "index": 0,
            "safetyRatings": [],
        }
    ],
    "usageMetadata": {
        "promptTokenCount": 100,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 30,
        "cachedContentTokenCount": 40,
        "toolUsePromptTokenCount": 5,
        "totalTokenCount": 155,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}],
        "trafficType": "ON_DEMAND_PRIORITY",
    },
    "modelVersion": "gemini-2.5-flash-002",
    "responseId": "r-1",
    "createTime": "2026-11-20T10:00:00.123456Z",
}
