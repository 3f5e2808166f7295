FROM compose-tests/trixie
# Like the alpine image: busybox as the shell, user ngrok, the inspector on every address, a writable /var/lib/ngrok.
RUN ln -sf busybox /usr/bin/sh && ln -sf busybox /usr/bin/wget && ln -sf busybox /usr/bin/sleep && ln -sf busybox /usr/bin/sed \
    && useradd -u 1000 -g users -d /home/ngrok ngrok && install -d -m 0777 /var/lib/ngrok \
    && printf 'version: 3\nagent:\n    web_addr: 0.0.0.0:4040\n' > /var/lib/ngrok/ngrok.yml
COPY ngrok.py /usr/bin/ngrok
COPY ngrok_edge.py /usr/bin/ngrok-edge
COPY tls_relay.py /usr/bin/tls-relay
COPY edge.pem /etc/ngrok-edge.pem
RUN chmod 0755 /usr/bin/ngrok /usr/bin/ngrok-edge /usr/bin/tls-relay && chmod 0644 /etc/ngrok-edge.pem
USER ngrok
EXPOSE 4040
ENTRYPOINT ["ngrok"]
