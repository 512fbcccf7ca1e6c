#!/bin/sh
# The Conversation API with curl alone: conversation, user, member, event, leg.
#
#     . .venv/bin/activate
#     export $(python -m examples.api)
#     sh examples/first_steps.sh
set -eu

TOKEN=${TOKEN:-$(cordboard jwt --app "$VONAGE_APPLICATION_ID" --keyfile "$VONAGE_PRIVATE_KEY")}

# ask METHOD PATH [JSON]
ask() {
    curl --silent --show-error --fail-with-body --request "$1" "$GATEWAY_URL$2" \
        --header "Authorization: Bearer $TOKEN" --header "Content-Type: application/json" ${3:+--data "$3"}
}

# The `id` of what is read.
id() {
    python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])'
}

echo "1. Create a conversation"
CONVERSATION=$(ask POST /v1/conversations '{"display_name": "The lounge"}' | id)
echo "conversation: $CONVERSATION"

echo "2. Create a user"
USER_ID=$(ask POST /v1/users '{"display_name": "Alice"}' | id)
echo "user: $USER_ID"

echo "3. Invite the user, and let them join"
MEMBER=$(ask POST "/v1/conversations/$CONVERSATION/members" \
    "{\"state\": \"invited\", \"user\": {\"id\": \"$USER_ID\"}, \"channel\": {\"type\": \"app\"}}" | id)
echo "member: $MEMBER"
ask PATCH "/v1/conversations/$CONVERSATION/members/$MEMBER" '{"state": "joined"}'
echo

echo "4. Say something"
EVENT=$(ask POST "/v1/conversations/$CONVERSATION/events" "{\"type\": \"message\", \"from\": \"$MEMBER\",
    \"body\": {\"message_type\": \"text\", \"text\": \"Hello, everybody!\"}}" | id)
echo "event: $EVENT"

echo "5. Read what has happened"
ask GET "/v1/conversations/$CONVERSATION/events"
echo

echo "6. List the legs of calls"
ask GET "/v0.3/legs?page_size=1"
echo

echo "7. Tidy up"
ask DELETE "/v1/conversations/$CONVERSATION"
ask DELETE "/v1/users/$USER_ID"
echo "deleted: $CONVERSATION $USER_ID"
